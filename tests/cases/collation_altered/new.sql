alter collation plain rename to plain_old;
create collation plain (provider = libc, locale = 'POSIX');
alter table t alter name type text collate plain;
drop collation plain_old;
