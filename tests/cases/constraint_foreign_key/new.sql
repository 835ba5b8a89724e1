alter table t drop constraint t_p_id_fkey;
alter table t add constraint by_code foreign key (p_code) references p (code) match full on update cascade on delete set null deferrable initially deferred;
