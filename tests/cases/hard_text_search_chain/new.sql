drop function search(text);
alter table doc drop column tsv;
drop text search configuration base;
drop text search dictionary syn;
create text search configuration base (copy = english);
