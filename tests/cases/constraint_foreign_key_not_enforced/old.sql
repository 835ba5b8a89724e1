-- min: 18
create table p (id int primary key);
create table t (id int references p, n int constraint n_check check (n > 0) not enforced);
