alter foreign table remote alter name type text, alter name drop default, alter id set not null;
alter foreign table remote add extra int options (x 'y');
alter foreign table remote add constraint positive check (id > 0);
