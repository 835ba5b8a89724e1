create table t (id int primary key, n int);
create table u (id int primary key);
create publication p for table t, u with (publish = 'insert');
alter publication p owner to shop_owner;
comment on publication p is 'to the warehouse';
