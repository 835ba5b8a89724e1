create sequence q;
create table t (id int, n int);
alter sequence q owned by t.id;
