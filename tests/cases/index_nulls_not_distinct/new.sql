drop index t_a;
create unique index t_a on t (a);
