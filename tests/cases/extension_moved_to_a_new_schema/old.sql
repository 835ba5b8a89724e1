-- requires: citext
create schema home;
create extension citext schema home;
create table t (c home.citext);
