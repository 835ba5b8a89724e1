alter table t alter id drop default;
drop sequence t_id_seq;
