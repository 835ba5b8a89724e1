create table t (a int not null, b int);
create unique index t_idx on t (a);
create unique index u_idx on t (b);
