alter table t alter name type text collate "POSIX", alter other type text collate "C";
