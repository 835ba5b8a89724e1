alter type a.mood set schema b;
alter domain a.posint set schema b;
alter sequence a.counter set schema b;
alter table a.person set schema b;
alter view a.happy set schema b;
alter function a.double(int) set schema b;
alter collation a.plain set schema b;
drop schema a;
