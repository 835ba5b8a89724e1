alter table m drop column note;
