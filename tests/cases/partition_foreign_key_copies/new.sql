alter table orders add constraint orders_account foreign key (account) references accounts;
create table accounts_12 partition of accounts_1 for values from (5) to (10);
alter table accounts_11 rename to accounts_first;
