create function norm(t text) returns text language sql immutable as $$ select lower(t) $$;
create table person (name text);
create unique index person_norm on person (norm(name));
create materialized view names as select norm(name) as n from person;
create unique index names_n on names (n);
