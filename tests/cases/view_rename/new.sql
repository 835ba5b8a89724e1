alter view v rename to base;
alter view base set schema s;
