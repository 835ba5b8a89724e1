create foreign data wrapper dummy;
create server far type 'x' foreign data wrapper dummy;
create server near type 'x' version '1' foreign data wrapper dummy options (a '1');
