drop table t;
drop type outer_type cascade;
drop type inner_type;
