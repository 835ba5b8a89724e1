create schema app;
create table app.a (id serial);
create table app.b (id int);
create view app.c as select id from app.b;
create function app.f() returns int language sql as 'select 1';
