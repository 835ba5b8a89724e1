drop table a, b cascade;
