create table account (id int primary key, balance numeric);
