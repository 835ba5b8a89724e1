alter table doc enable row level security;
create policy own on doc using (author = current_user);
create policy add_own on doc as restrictive for insert to shop_writer, shop_owner with check (author = current_user);
