drop function recent();
drop table event;
