create table base (id int not null, note text default 'x');
