create schema ops;
create operator family numbers using btree;
