-- order: column
create table parent (id int primary key);
create table t (
  id int primary key,
  n serial not null unique,
  parent_id int references parent on update cascade,
  other int,
  constraint b_check check (other > n),
  unique (n, other)
);
create index t_both on t (other, n) where n > 0;
create view v as select id, n from t;
create policy p on t using (n > 0);
create function tf() returns trigger language plpgsql as 'begin return new; end';
create trigger tr after update of n on t for each row execute function tf();
create statistics st on n, other from t;
create publication pub for table t;
create table child (t_n int references t (n));
comment on column t.n is 'enn';
grant update (n) on t to shop_writer;
