-- Full text search, first cut: a column kept up to date by trigger.
-- (A generated column would not let us pick the language per channel later.)
alter table chat.messages add column search tsvector;

create function chat.messages_search_refresh() returns trigger
language plpgsql as $fn$
begin
    new.search := to_tsvector('pg_catalog.english', coalesce(new.body, ''));
    return new;
end
$fn$;

create trigger messages_search_refresh
    before insert or update of body on chat.messages
    for each row execute function chat.messages_search_refresh();

update chat.messages set search = to_tsvector('pg_catalog.english', body);

create index messages_search_idx on chat.messages using gin (search) with (fastupdate = off);
