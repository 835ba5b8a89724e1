alter table people not of;
alter type person add attribute city text;
