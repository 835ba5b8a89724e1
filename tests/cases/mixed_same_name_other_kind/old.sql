create table thing (id int);
create function gadget() returns int language sql as 'select 1';
create domain label as text;
