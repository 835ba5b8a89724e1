drop index t_brin, t_hash, t_cover, t_expr;
