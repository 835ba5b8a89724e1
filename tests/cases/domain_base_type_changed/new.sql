alter table t alter c type text;
drop domain code;
create domain code as text check (value <> '');
alter table t alter c type code;
