create table child (extra int) inherits (base);
alter table base add check (id > 0);
