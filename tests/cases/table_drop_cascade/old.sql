create table a (id int primary key);
create table b (id int primary key, a_id int references a);
create view v as select a.id from a join b on b.a_id = a.id;
create materialized view m as select * from v;
create unique index m_id on m (id);
create function f(a) returns int language sql as 'select ($1).id';
create view w as select * from m where id > 1;
grant select on w to shop_reader;
