alter table t alter constraint t_p_id_fkey deferrable initially deferred;
