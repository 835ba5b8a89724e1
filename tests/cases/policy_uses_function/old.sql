create table doc (id int, tenant int);
create function tenant() returns int language sql stable as $$ select current_setting('app.tenant')::int $$;
alter table doc enable row level security;
create policy by_tenant on doc using (tenant = tenant());
