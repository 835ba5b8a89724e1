create schema s;
create sequence q;
create table t (id int default nextval('q'));
