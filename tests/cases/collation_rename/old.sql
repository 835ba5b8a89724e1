create schema c;
create collation plain from "C";
create table t (name text collate plain);
