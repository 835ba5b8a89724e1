drop function even(int);
drop function odd(int);
