create function time_diff(a time, b time) returns float8 language sql strict immutable as 'select extract(epoch from (a - b))::float8';
create type timerange as range (subtype = time, subtype_diff = time_diff);
create table booking (id int, during timerange, constraint no_overlap exclude using gist (during with &&));
grant usage on type timerange to shop_reader;
