comment on table t is null;
comment on column t.n is null;
comment on constraint t_pkey on t is null;
comment on function f(int, text) is null;
comment on aggregate total(int) is null;
comment on operator ### (int, int) is null;
