create table base (id int, note text);
create table child (extra int) inherits (base);
