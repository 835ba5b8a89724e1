create function greet(who text) returns text language sql as $$ select 'hello ' || who $$;
create view greeting as select greet('you') as g;
