create type point3 as (x int, y int, z int);
create function from_sql(internal) returns internal language internal immutable strict as 'textregexeq_support';
create transform for point3 language plpgsql (from sql with function from_sql(internal));
