create operator family numbers using hash;
alter operator family numbers using hash add operator 1 =(int, bigint), function 1 (int) hashint4(int), function 1 (bigint, bigint) hashint8(bigint);
