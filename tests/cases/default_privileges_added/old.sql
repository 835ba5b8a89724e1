create table before_it (id int);
