-- requires: citext
create extension citext;
create function lower_mail(m citext) returns text language sql as 'select lower(m::text)';
