create schema ts;
create text search configuration de (copy = simple);
create table doc (body text);
create index doc_fts on doc using gin (to_tsvector('de', body));
