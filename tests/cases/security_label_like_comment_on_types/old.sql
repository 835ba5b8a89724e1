create type c as (a int);
create type e as enum ('x');
create domain d as int;
create type r as range (subtype = numeric);
