alter table t alter tags type text[], alter ids type bigint[];
