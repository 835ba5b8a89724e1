create function even(n int) returns boolean language plpgsql as 'begin return n = 0 or odd(n - 1); end';
create function odd(n int) returns boolean language plpgsql as 'begin return n <> 0 and even(n - 1); end';
