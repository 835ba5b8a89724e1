create table t (id int, name text, data jsonb);
create index t_brin on t using brin (id) with (pages_per_range = 32);
create index t_hash on t using hash (name);
create unique index t_cover on t (id) include (name) where id > 5;
create index t_expr on t ((data ->> 'x'), (id + 1));
alter index t_expr alter column 2 set statistics 400;
comment on index t_cover is 'covers';
