drop index t_rev;
drop operator class reverse_int using btree;
drop operator family reverse_int using btree;
drop function int_cmp(int, int);
