alter table t alter id set default nextval('q');
alter sequence q owned by t.id;
