create table t (tags varchar(10)[] default '{}', ids int[] not null default array[1, 2]);
