drop function minmax(int[]);
create function minmax(a int[], out lo int, out hi int, out n bigint) language sql as 'select min(x), max(x), count(*) from unnest(a) x';
