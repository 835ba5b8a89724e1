create schema d;
create domain posint as int constraint positive check (value > 0);
create table t (n posint);
