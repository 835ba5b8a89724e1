alter schema app rename to app_old;
create schema app;
create table app.t (id bigint, note text);
