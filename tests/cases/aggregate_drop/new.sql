drop aggregate product(numeric);
drop function mul(numeric, numeric);
