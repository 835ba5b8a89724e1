alter table t add constraint t_fk foreign key (p_id) references p not valid;
alter table t add constraint t_check check (id > 0) not valid;
