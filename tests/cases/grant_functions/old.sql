create function f(i int) returns int language sql as 'select i';
create procedure p() language sql as 'select 1';
