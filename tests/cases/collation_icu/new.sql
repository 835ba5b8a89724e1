create collation german (provider = icu, locale = 'de-u-co-phonebk', deterministic = false);
alter table t alter name type text collate german;
comment on collation german is 'phone book';
