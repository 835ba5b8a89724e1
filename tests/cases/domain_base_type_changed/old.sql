create domain code as varchar(5) check (value <> '');
create table t (id int, c code default 'a');
