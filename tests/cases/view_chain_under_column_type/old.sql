create table t (id int, name varchar(10));
create view a as select id, name from t;
create view b as select name from a where name like 'x%';
create view c as select count(*) from b;
create function names() returns setof b language sql as 'select * from b';
grant select on b to shop_reader;
comment on view c is 'count';
