alter table t replica identity using index t_id;
alter table u replica identity default;
