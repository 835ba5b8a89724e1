drop function f(address);
drop type address;
