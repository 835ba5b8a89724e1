create table p (id int primary key, code text unique);
create table t (id int, p_id int references p, p_code text);
