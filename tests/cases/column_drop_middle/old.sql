-- order: column
create table t (id int primary key, code text default 'x' check (code <> ''), amount numeric(10,2) not null);
