drop function f();
drop language mylang;
