create table m (id int, at date) partition by range (at);
create table m1 partition of m for values from ('2024-01-01') to ('2025-01-01');
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch after insert on m for each row execute function touch();
create trigger own before insert on m1 for each row execute function touch();
