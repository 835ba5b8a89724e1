create type point3 as (x int, y int, z int);
create function to_sql(internal) returns point3 language internal immutable as 'record_recv';
create function from_sql(internal) returns internal language internal immutable strict as 'textregexeq_support';
