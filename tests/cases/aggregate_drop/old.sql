create function mul(a numeric, b numeric) returns numeric language sql immutable as 'select coalesce(a, 1) * b';
create aggregate product(numeric) (sfunc = mul, stype = numeric, initcond = '1', parallel = safe);
comment on aggregate product(numeric) is 'the product';
grant execute on function product(numeric) to shop_reader;
