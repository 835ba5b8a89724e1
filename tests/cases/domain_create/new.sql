create domain email as text not null default 'x@y' constraint at_sign check (value ~ '@') check (length(value) < 100);
create table t (mail email);
