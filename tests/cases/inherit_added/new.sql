alter table child inherit base;
