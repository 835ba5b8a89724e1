alter function touch() set schema fn;
alter function fn.touch() rename to stamp;
