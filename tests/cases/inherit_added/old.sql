create table base (id int, note text);
create table child (id int, note text, extra int);
