-- order: column
-- requires: citext
create extension citext;
create table account (id int primary key, email citext unique, name text not null);
create view emails as select email from account;
