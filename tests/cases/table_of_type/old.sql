create type person as (name text, born date);
create table people of person (primary key (name));
