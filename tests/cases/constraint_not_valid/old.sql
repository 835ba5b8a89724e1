create table p (id int primary key);
create table t (id int, p_id int);
alter table t add constraint t_fk foreign key (p_id) references p not valid;
alter table t add constraint t_check check (id > 0) not valid;
