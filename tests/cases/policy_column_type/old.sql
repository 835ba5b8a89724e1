create table doc (id int, tenant int, kind varchar(10));
create policy by_tenant on doc using (tenant = 5 and kind in ('a', 'b'));
