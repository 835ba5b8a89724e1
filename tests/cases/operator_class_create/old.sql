create type ver as (major int, minor int);
create function ver_cmp(ver, ver) returns int language sql immutable as 'select btrecordcmp($1, $2)';
