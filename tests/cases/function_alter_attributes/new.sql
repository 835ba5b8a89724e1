alter function ids() rows 10 cost 3;
alter function add(int, int) immutable strict leakproof parallel safe;
alter function add(int, int) set statement_timeout = '5s';
