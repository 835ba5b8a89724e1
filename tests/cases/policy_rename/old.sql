create table doc (id int, author text);
create policy own on doc using (author = current_user);
