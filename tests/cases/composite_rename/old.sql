create schema types;
create type address as (street text);
create table t (a address);
