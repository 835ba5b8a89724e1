-- "jo" finds John, Joanna and @major.jo
create extension if not exists pg_trgm;

create index users_handle_trgm_idx on identity.users using gin ((handle::text) gin_trgm_ops);
create index users_display_name_trgm_idx on identity.users using gin (display_name gin_trgm_ops);
