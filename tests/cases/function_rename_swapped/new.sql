alter function a() rename to tmp;
alter function b() rename to a;
alter function tmp() rename to b;
