create function fmt(int) returns text language sql as 'select $1::text';
create function fmt(text) returns text language sql as 'select $1';
