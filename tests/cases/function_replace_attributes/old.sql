create function tax(amount numeric) returns numeric language plpgsql as $$ begin return amount * 0.19; end $$;
