drop policy by_tenant on doc;
drop function tenant();
create function current_tenant() returns int language sql stable as $$ select current_setting('app.tenant', true)::int $$;
create policy by_tenant on doc using (tenant = current_tenant());
