create table base (id int);
create table child (extra int) inherits (base);
