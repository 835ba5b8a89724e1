-- Customers search for error codes and German compounds: no stemming, please.
create text search dictionary chat.plain (template = pg_catalog.simple, stopwords = english);
create text search configuration chat.messages (copy = pg_catalog.simple);
alter text search configuration chat.messages
    alter mapping for asciiword, word, numword with chat.plain;

create or replace function chat.messages_search_refresh() returns trigger
language plpgsql as $fn$
begin
    new.search := setweight(to_tsvector('chat.messages', coalesce(new.body, '')), 'B');
    return new;
end
$fn$;

comment on text search configuration chat.messages is 'English stop words, but words as they are written';
