create table base (id int not null, note text default 'x' check (note <> ''));
create table other (id int not null);
create table child (extra int, note text default 'y') inherits (base, other);
create index child_extra on child (extra);
