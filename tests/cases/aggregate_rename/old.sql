create schema s;
create aggregate total(int) (sfunc = int4pl, stype = int);
