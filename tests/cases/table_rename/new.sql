alter table person rename to people;
