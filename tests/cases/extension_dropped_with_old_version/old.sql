-- requires: hstore
create schema ext;
create extension hstore with schema ext version '1.4';
comment on extension hstore is 'bags of settings';
