alter table m alter amount type numeric(12,2);
