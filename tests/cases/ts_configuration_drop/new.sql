alter table doc drop column v;
drop text search configuration de;
drop text search dictionary stem;
