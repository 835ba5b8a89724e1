drop cast (celsius as numeric);
drop function to_numeric(celsius);
