alter policy own on doc with check (id > 0);
drop policy upd on doc;
create policy upd on doc for update using (true);
