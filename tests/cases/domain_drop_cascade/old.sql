create domain posint as int check (value > 0);
create table t (name text, n posint not null default 1);
create view v as select n from t;
create function f(posint) returns int language sql as 'select 1';
