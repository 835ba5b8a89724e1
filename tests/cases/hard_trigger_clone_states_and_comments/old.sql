create table m (id int, at date) partition by range (at);
create table m1 partition of m for values from ('2024-01-01') to ('2025-01-01');
create table m2 partition of m for values from ('2025-01-01') to ('2026-01-01');
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch after insert on m for each row execute function touch();
alter table m1 disable trigger touch;
alter table m2 enable always trigger touch;
comment on trigger touch on m is 'parent';
comment on trigger touch on m1 is 'child';
