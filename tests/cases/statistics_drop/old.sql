create table t (a int, b int, c text);
create statistics t_ab (mcv) on a, b from t;
alter statistics t_ab set statistics 200;
alter statistics t_ab owner to shop_owner;
comment on statistics t_ab is 'a tells b';
create statistics t_expr on (a * b) from t;
