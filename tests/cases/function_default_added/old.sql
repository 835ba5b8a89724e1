create function page(n int, size int) returns int language sql as 'select n * size';
create view first_page as select page(1, 20) as p;
