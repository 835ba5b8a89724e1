create table booking (id int);
