create table t (id int primary key);
create publication p for all tables;
