create or replace function greet(who text) returns text language sql as $$ select 'hello ' || who $$;
