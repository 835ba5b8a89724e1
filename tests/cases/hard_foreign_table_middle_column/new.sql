alter foreign table r drop column name cascade;
