-- a failed CREATE INDEX CONCURRENTLY leaves such an index; no dump shows it

create table orders (id int primary key, total int, note text);
create index orders_total_failed on orders (total);
create index orders_note_failed on orders (note);
create index orders_total on orders (total);
update pg_index set indisvalid = false where indexrelid in ('orders_total_failed'::regclass, 'orders_note_failed'::regclass);
