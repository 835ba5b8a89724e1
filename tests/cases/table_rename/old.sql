create table person (id serial primary key, name text not null);
create index person_name on person (name);
create view names as select name from person;
