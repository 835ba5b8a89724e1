-- requires: citext
create extension citext;
