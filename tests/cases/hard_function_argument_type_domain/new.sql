alter table t alter e drop default;
drop view v;
drop function send(email, text);
drop table t;
drop domain email;
