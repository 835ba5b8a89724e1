alter table p alter id type bigint;
alter table c alter p_id type bigint;
