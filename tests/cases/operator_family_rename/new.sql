alter operator family numbers using btree rename to all_numbers;
alter operator family all_numbers using btree set schema ops;
