drop policy own on doc;
alter table doc no force row level security;
alter table doc disable row level security;
