alter table t add c int generated always as (a + b) stored;
