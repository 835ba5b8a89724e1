alter sequence t_id_seq rename to t_ids;
alter table t rename to u;
