alter table t alter b set expression as (a * 3);
