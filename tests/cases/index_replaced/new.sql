drop index t_n;
create index t_n on t (name, id) where id > 0;
