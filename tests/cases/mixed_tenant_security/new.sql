alter table doc add tenant text not null default current_user;
alter table doc enable row level security;
alter table doc force row level security;
create policy tenant on doc using (tenant = current_user) with check (tenant = current_user);
revoke insert on doc from shop_writer;
grant insert (body) on doc to shop_writer;
create or replace view docs as select id, body, tenant from doc;
alter view docs owner to shop_owner;
grant select on doc to shop_owner;
