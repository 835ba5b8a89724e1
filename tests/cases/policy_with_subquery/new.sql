drop table team cascade;
