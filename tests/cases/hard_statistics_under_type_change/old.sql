create table t (a int, b int);
create statistics st (ndistinct, mcv) on a, b, (a + b) from t;
alter statistics st set statistics 300;
alter statistics st owner to shop_owner;
comment on statistics st is 'corr';
