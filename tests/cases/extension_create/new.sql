create extension citext;
alter table account alter email type citext;
