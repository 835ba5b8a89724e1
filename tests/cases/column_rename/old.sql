create table t (id int primary key, nmae text check (nmae <> ''));
create index t_name on t (lower(nmae));
create view v as select nmae as n from t;
create view w as select * from t;
create policy p on t using (nmae = 'x');
