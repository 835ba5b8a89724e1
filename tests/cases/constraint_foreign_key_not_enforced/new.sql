alter table t alter constraint t_id_fkey not enforced;
alter table t drop constraint n_check;
