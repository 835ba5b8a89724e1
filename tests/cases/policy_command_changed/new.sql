drop policy p on doc;
create policy p on doc as restrictive for delete using (id = 1);
