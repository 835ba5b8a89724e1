create function int_cmp(int, int) returns int language sql immutable as 'select $2 - $1';
create operator class hash_it for type int using hash as operator 1 =, function 1 hashint4(int);
