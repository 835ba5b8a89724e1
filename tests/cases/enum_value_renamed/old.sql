create type mood as enum ('sad', 'happy');
create table t (mood mood default 'sad');
create view v as select mood from t where mood = 'sad';
