create function tax(amount numeric) returns numeric language sql immutable as $$ select amount * 0.19 $$;
create view taxed as select tax(100) as t;
