create text search configuration de (copy = german);
alter text search configuration de drop mapping for email, url;
create index doc_fts on doc using gin (to_tsvector('de', body));
