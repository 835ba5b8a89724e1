create table live (id int primary key, v int);
create table staging (id bigint primary key, v text);
create view current as select id, v from live;
