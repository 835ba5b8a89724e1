alter table invoice set schema archive;
