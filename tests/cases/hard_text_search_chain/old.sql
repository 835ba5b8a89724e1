create text search dictionary syn (template = simple, accept = 'false');
create text search configuration base (copy = simple);
alter text search configuration base alter mapping for word with syn, english_stem;
create table doc (id int, body text, tsv tsvector generated always as (to_tsvector('base', body)) stored);
create index doc_tsv on doc using gin (tsv);
create function search(q text) returns setof doc language sql stable as $$ select * from doc where tsv @@ plainto_tsquery('base', q) $$;
