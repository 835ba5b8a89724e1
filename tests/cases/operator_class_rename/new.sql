alter operator class reverse_int using btree rename to down_int;
alter operator class down_int using btree set schema ops;
alter operator family reverse_int using btree rename to down_family;
