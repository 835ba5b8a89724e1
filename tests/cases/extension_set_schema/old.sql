-- requires: citext
create extension citext;
create schema ext;
create table account (email citext);
