drop statistics t_ab;
drop statistics t_expr;
