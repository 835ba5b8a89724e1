create table doc (id int, author text);
create policy own on doc using (author = current_user);
create policy upd on doc for update using (true) with check (id > 0);
