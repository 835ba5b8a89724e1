do $$
declare t text;
begin
  foreach t in array array['a', 'b'] loop
    execute format('alter table %I add column tenant int not null default 0', t);
    execute format('create index %I on %I (tenant)', t || '_tenant', t);
    execute format('create policy by_tenant on %I using (tenant = 1)', t);
  end loop;
end $$;
