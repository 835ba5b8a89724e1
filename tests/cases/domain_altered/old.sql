create domain posint as int default 1 constraint positive check (value > 0);
create domain label as text not null;
create table t (n posint, l label);
