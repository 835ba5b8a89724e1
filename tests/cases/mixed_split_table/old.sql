create table person (id serial primary key, name text, street text, city text);
create view addresses as select name, street || ', ' || city as address from person;
