create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0');
create view v as select total(x) as t from generate_series(1, 3) x;
