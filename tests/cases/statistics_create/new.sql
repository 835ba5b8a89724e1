create statistics t_ab (dependencies, ndistinct) on a, b from t;
create statistics t_expr on lower(c), (a + b) from t;
alter statistics t_ab set statistics 500;
