create schema s;
create table s.a (id int primary key);
create table s.b (id int primary key references s.a);
create table s.c (id int references s.b, d int generated always as identity);
create view s.v as select a.id from s.a join s.b using (id);
create view public.w as select id from s.v;
create materialized view public.mv as select * from public.w;
create function s.f() returns setof s.v language sql as 'select * from s.v';
create publication p for table s.a, s.b;
