create table doc (id int, author text);
create policy p on doc for select using (true);
