create table p (id int primary key, name text);
create table c (p_id int references p);
create view v as select id, name, count(*) from p group by id;
