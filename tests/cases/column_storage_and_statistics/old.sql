create table t (id int, body text, doc jsonb);
alter table t alter doc set storage external;
