drop table a cascade;
