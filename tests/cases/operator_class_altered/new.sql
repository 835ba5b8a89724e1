drop operator family hash_it using hash;
create operator class hash_it for type int using hash as operator 1 =, function 1 hashint4(int), function 2 hashint4extended(int, bigint);
