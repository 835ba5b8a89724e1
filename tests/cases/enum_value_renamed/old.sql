create type mood as enum ('sad', 'happy');
create table t (mood mood default 'sad');
create view v as select mood from t where mood = 'sad';
create type state as enum ('new', 'sent', 'done');
create table orders (state state not null default 'sent');
create view sent as select * from orders where state = 'sent';
