create schema a;
create schema b;
create type a.mood as enum ('sad', 'happy');
create domain a.posint as int check (value > 0);
create sequence a.counter;
create table a.person (id int primary key default nextval('a.counter'), mood a.mood, age a.posint);
create view a.happy as select id from a.person where mood = 'happy';
create function a.double(i int) returns int language sql immutable as 'select i * 2';
create collation a.plain from "C";
