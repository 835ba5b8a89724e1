alter table m detach partition m1;
drop trigger own on m1;
