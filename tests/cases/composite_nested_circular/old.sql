create type inner_type as (a int);
create type outer_type as (i inner_type, l inner_type[]);
create table t (o outer_type);
create function of_inner(i inner_type) returns outer_type language sql as 'select row(i, array[i])::outer_type';
