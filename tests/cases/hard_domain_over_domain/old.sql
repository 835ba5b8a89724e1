create domain a as text check (value <> '');
create domain b as a not null default 'x';
create table t (id int, v b, w a);
