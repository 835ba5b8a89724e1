create function total() returns int language sql as 'select 1';
create table t (id int default total());
