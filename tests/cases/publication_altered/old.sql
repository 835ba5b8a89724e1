create table t (id int primary key);
create table u (id int primary key);
create publication p for table t;
