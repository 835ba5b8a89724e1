create function ids() returns setof int language sql as 'select 1';
create function add(int, int) returns int language sql as 'select $1 + $2';
