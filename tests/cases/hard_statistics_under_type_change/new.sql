drop statistics st;
alter table t alter a type bigint;
create statistics st on a, b from t;
