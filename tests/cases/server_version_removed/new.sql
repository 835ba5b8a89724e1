alter server far version '2';
drop server near;
create server near foreign data wrapper dummy options (b '1');
