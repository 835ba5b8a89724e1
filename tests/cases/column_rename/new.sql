alter table t rename nmae to name;
