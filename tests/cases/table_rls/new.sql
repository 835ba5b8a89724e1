alter table a enable row level security;
alter table a force row level security;
alter table b no force row level security;
