create table base (id int, constraint base_id check (id > 0));
create table child (extra int, constraint child_extra check (extra > 0)) inherits (base);
