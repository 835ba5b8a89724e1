create procedure purge(n int) language plpgsql as $$ begin null; end $$;
