create operator family numbers using btree;
alter operator family numbers using btree add operator 1 <(int, bigint), operator 3 =(int, bigint);
