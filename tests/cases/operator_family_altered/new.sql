alter operator family numbers using btree drop operator 3 (int, bigint);
alter operator family numbers using btree add operator 5 >(int, bigint), function 1 (int, bigint) btint48cmp(int, bigint);
