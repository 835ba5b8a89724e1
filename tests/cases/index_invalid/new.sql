alter table orders alter total type bigint;
alter table orders drop note;
drop index orders_total_failed;
