-- requires: citext
create extension citext;
create table account (id int primary key, email citext not null default 'nobody'::citext);
create unique index account_email on account (email);
