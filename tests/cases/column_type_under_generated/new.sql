alter table t drop column gross;
alter table t alter price type numeric(14,4);
alter table t add column gross numeric generated always as (price * 1.19) stored;
