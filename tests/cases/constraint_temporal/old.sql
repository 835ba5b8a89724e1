-- min: 18
create table price (item int4range, during daterange, primary key (item, during without overlaps));
