create operator family rev using btree;
create function int_cmp(int, int) returns int language sql immutable as 'select $2 - $1';
create operator class reverse_int for type int using btree family rev as
  operator 1 >, operator 2 >=, operator 3 =, operator 4 <=, operator 5 <, function 1 int_cmp(int, int);
create table t (id int);
create index t_rev on t (id reverse_int);
