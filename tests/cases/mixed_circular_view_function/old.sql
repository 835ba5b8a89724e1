create table t (id int, n int);
create view v as select id, n from t;
create function of_v(r v) returns int language sql as 'select r.n';
create view w as select of_v(v) as x from v;
create function ws() returns setof w language sql as 'select * from w';
