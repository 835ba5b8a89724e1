-- min: 15
create schema app;
create schema web;
create table app.t (id int primary key);
create publication p for tables in schema app;
