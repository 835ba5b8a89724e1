drop aggregate msum(int);
drop aggregate biggest(int);
drop aggregate everything(*);
