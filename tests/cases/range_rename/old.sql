create schema t;
create type span as range (subtype = numeric);
create table x (s span);
