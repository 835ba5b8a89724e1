-- min: 14
create table t (id int, n int);
create function double_n(i int) returns int begin atomic select n * 2 from t where id = i; end;
