-- min: 15
create table t (id int primary key, n int);
create publication p for table t where (n > 5);
