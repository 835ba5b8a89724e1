create table address (id serial primary key, person_id int not null references person, street text, city text);
insert into address (person_id, street, city) select id, street, city from person;
create or replace view addresses as select p.name, a.street || ', ' || a.city as address from person p join address a on a.person_id = p.id;
alter table person drop column city, drop column street;
