drop aggregate total(int) cascade;
create aggregate total(bigint) (sfunc = int8pl, stype = bigint, initcond = '0');
