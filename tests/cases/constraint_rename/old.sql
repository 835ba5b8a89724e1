create table t (id int constraint a primary key, n int constraint b check (n > 0) constraint c unique);
