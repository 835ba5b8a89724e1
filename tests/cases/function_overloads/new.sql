drop function fmt(int);
create function fmt(numeric, int default 2) returns text language sql as 'select round($1, $2)::text';
create function fmt(variadic text[]) returns text language sql as $$ select array_to_string($1, ',') $$;
