create table base (id int, n int);
create table child (extra int) inherits (base);
create view v as select n from base;
