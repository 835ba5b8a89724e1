create collation german (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX');
alter table t alter name type text collate german;
comment on collation german is 'phone book';
