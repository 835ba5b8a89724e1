create table person (id serial primary key, boss int references person, name text unique check (name <> ''));
