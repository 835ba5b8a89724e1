alter table room alter id type bigint;
