create function mul(a numeric, b numeric) returns numeric language sql immutable as 'select coalesce(a, 1) * b';
create aggregate product(numeric) (sfunc = mul, stype = numeric, initcond = '1');
create view p as select product(n) from t;
