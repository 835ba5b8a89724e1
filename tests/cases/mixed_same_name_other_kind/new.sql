drop table thing;
create sequence thing;
drop function gadget();
create table gadget (id int);
drop domain label;
create type label as enum ('a', 'b');
