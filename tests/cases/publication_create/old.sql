create table t (id int primary key, n int);
create schema app;
create table app.u (id int primary key);
