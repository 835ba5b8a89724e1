create type celsius as (deg numeric);
create function to_numeric(celsius) returns numeric language sql immutable as 'select ($1).deg';
create cast (celsius as numeric) with function to_numeric(celsius) as implicit;
comment on cast (celsius as numeric) is 'degrees';
