-- order: column
create type mood as enum ('sad', 'ok', 'happy');
create table t (id int primary key, mood mood not null default 'ok', moods mood[] default '{sad}', note text);
create index t_mood on t (mood) where mood <> 'sad';
create function worst(mood) returns mood language sql as $$ select 'sad'::mood $$;
create view v as select id from t where mood = 'happy';
