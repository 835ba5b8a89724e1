create function minmax(a int[], out lo int, out hi int) language sql as 'select min(x), max(x) from unnest(a) x';
