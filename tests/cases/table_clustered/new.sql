alter table t set without cluster;
create table u (id int primary key);
alter table u cluster on u_pkey;
