create table t (id int primary key, note varchar(40) not null default 'none');
create index t_note on t (note);
comment on column t.note is 'free text';
grant select (note) on t to shop_reader;
alter table t alter note set statistics 77;
