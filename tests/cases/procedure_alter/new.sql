create or replace procedure purge(n int) language plpgsql security definer as $$ begin perform 1; end $$;
alter procedure purge(int) owner to shop_owner;
