create table doc (id int, author text);
alter table doc enable row level security;
alter table doc force row level security;
create policy own on doc for update to shop_writer using (author = current_user) with check (author <> 'root');
comment on policy own on doc is 'only your own';
