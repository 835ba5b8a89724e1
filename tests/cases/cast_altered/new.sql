drop cast (celsius as numeric) cascade;
create cast (celsius as numeric) with function to_numeric(celsius);
