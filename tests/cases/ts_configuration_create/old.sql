create table doc (id int, body text);
