create table t (id int, a int not null, constraint t_key primary key (id));
comment on constraint t_key on t is 'key';
