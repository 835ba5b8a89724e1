create schema away;
alter extension citext set schema away;
drop schema home;
