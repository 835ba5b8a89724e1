alter table t drop constraint t_a_check;
alter table t drop constraint b_known;
alter table t add constraint b_known check (b in ('x', 'y', 'z'));
