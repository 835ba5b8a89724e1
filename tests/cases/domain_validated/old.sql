create domain posint as int;
alter domain posint add constraint positive check (value > 0) not valid;
