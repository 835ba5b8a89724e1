alter table t drop column b;
alter table t add b int generated always as (a * 2) stored;
alter table t add c int generated always as (a + 1);
