drop function step(int, int) cascade;
create function step(bigint, int) returns bigint language sql immutable as 'select $1 + $2';
create aggregate total(int) (sfunc = step, stype = bigint, initcond = '0');
