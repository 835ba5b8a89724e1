create table a (id int primary key, b_id int, parent int references a);
create table b (id int primary key, a_id int references a);
alter table a add foreign key (b_id) references b;
