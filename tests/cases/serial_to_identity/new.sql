alter table t alter id drop default;
drop sequence t_id_seq;
alter table t alter id add generated always as identity;
