create table person (first text, last text);
create function full_name(p person) returns text language sql stable as $$ select p.first || ' ' || p.last $$;
create view names as select full_name(person) as n from person;
