alter foreign data wrapper dummy options (set debug 'false', drop level, add cache 'yes');
alter server far version '13' options (set host 'example.org', drop port, add user 'x');
alter user mapping for shop_reader server far options (set user 'alice', drop password);
alter foreign table remote options (set table_name 'FAR', drop x, add z '1');
alter foreign table remote alter id options (set a '2', drop b, add c '3');
