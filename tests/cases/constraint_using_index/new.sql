alter table t add constraint t_pk primary key using index t_idx;
alter table t add constraint u_idx unique using index u_idx;
