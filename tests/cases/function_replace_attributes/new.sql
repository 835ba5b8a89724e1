create or replace function tax(amount numeric) returns numeric language plpgsql stable strict security definer
  set search_path = pg_catalog, public set work_mem = '16MB' parallel restricted cost 200 as $$ begin return amount * 0.19; end $$;
