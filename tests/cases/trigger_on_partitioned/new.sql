drop trigger touch on m;
create trigger stamp after update on m for each row execute function touch();
create table m2 partition of m for values from ('2025-01-01') to ('2026-01-01');
