create table doc (id int, author text, shared boolean);
create policy own on doc for all to shop_writer using (author = current_user) with check (author = current_user);
