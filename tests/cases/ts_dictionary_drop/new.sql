drop text search dictionary my_simple;
drop text search dictionary stem;
