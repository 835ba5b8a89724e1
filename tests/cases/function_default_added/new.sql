create or replace function page(n int, size int default 20) returns int language sql as 'select n * size';
