create table t (name text collate "C", other text);
