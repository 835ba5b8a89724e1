-- order: column
-- min: 14
create table t (id int, n int, m int);
create function pick(i int) returns int return (select n from t where id = i);
create view picked as select pick(1) as p;
