drop policy by_tenant on doc;
alter table doc alter tenant type bigint, alter kind type text;
create policy by_tenant on doc using (tenant = 5 and kind in ('a', 'b', 'c'));
