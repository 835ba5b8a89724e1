create table doc (id int, author text);
