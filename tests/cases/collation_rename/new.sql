alter collation plain rename to simple;
alter collation simple set schema c;
