create table country (code char(2) primary key);
