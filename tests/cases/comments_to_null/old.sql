create table t (id int primary key, n int);
comment on table t is 'things';
comment on column t.n is 'line one
line two';
comment on constraint t_pkey on t is 'the key';
create function f(a int, b text default 'x') returns int language sql as 'select 1';
comment on function f(int, text) is 'eff';
create aggregate total(int) (sfunc = int4pl, stype = int);
comment on aggregate total(int) is 'sum';
create operator ### (leftarg = int, rightarg = int, function = int4pl);
comment on operator ### (int, int) is 'plus';
