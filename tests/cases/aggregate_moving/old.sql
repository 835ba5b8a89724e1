create aggregate msum(int) (sfunc = int4pl, stype = int, msfunc = int4pl, minvfunc = int4mi, mstype = int, initcond = '0', minitcond = '0', sspace = 8);
create aggregate biggest(int) (sfunc = int4larger, stype = int, sortop = >);
create aggregate everything(*) (sfunc = int8inc, stype = bigint, initcond = '0');
