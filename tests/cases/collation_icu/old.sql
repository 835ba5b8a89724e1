-- requires: icu
create table t (name text);
