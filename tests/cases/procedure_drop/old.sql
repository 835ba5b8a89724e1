create procedure purge(inout n int) language plpgsql security definer set search_path = public as $$ begin n := 0; end $$;
comment on procedure purge(int) is 'nightly';
