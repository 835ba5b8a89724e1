create type mood as enum ('sad', 'happy');
create table t (id int, mood mood not null default 'sad', check (mood <> 'happy' or id > 0));
create index t_mood on t (mood);
create view v as select mood from t where mood = 'sad';
