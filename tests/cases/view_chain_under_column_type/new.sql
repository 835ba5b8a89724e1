drop view c;
drop function names();
drop view b;
drop view a;
alter table t alter name type text;
create view a as select id, name from t;
create view b as select name from a where name like 'x%';
create view c as select count(*) from b;
create function names() returns setof b language sql as 'select * from b';
