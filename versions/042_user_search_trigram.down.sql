drop index identity.users_display_name_trgm_idx;
drop index identity.users_handle_trgm_idx;
drop extension pg_trgm;
