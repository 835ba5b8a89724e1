create table accounts (id int primary key) partition by range (id);
create table accounts_1 partition of accounts for values from (0) to (10) partition by range (id);
create table accounts_11 partition of accounts_1 for values from (0) to (5);
create table orders (account int);
