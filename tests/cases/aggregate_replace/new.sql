create or replace aggregate total(int) (sfunc = int4pl, stype = int, initcond = '10', combinefunc = int4pl, parallel = safe);
