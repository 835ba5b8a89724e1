create schema types;
create type mood as enum ('a', 'b');
create table t (mood mood default 'a');
