-- requires: citext
create table account (id int primary key, email text);
