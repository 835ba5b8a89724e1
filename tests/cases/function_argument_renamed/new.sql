drop view greeting;
drop function greet(text);
create function greet(name text) returns text language sql as $$ select 'hello ' || name $$;
create view greeting as select greet('you') as g;
