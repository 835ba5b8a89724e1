create table cache (k text primary key, v text);
create table session (id int);
