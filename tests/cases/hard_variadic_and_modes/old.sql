create function m(in a int, inout b int, out c text, variadic d int[] default '{}') language plpgsql as 'begin c := 1; end';
create function s() returns setof record language sql as 'select 1, 2';
create function tb(int) returns table (a int, "B c" text) language sql rows 5 as 'select 1, ''x''';
comment on function m(int, int, variadic int[]) is 'modes';
grant execute on function m to shop_reader;
