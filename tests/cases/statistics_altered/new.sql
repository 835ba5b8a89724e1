alter statistics t_ab set statistics -1;
create statistics t_bc on b, c from t;
drop statistics t_ab;
create statistics t_ab on a, b, c from t;
