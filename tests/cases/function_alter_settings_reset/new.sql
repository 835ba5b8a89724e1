alter function f() reset all;
