create table t (code varchar(10) default 'a', title varchar(100) not null);
create index t_code on t (code varchar_pattern_ops);
