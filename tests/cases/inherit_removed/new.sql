alter table child no inherit base;
