alter table t alter code type varchar(20), alter title type text;
