-- Presence moved to Redis in November. Nothing has read this table since.
drop table chat.presence;
