create function greet(text) returns text language sql as $$ select 'hello ' || $1 $$;
create view greeting as select greet('you') as g;
