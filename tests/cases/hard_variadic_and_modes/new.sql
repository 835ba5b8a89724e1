drop function m(int, int, variadic int[]);
drop function s();
drop function tb(int);
create function tb(int) returns table (a int, b text) language sql as 'select 1, ''x''';
