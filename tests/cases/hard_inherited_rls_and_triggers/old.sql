create table base (id int, n int);
create table child () inherits (base);
create function tf() returns trigger language plpgsql as 'begin return new; end';
create trigger tr before insert on base for each row execute function tf();
create trigger tr before insert on child for each row execute function tf();
create policy p on base using (n > 0);
create policy p on child using (n > 1);
