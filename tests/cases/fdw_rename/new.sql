alter foreign data wrapper dummy rename to nothing;
alter server far rename to away;
alter foreign table remote rename to remote_things;
alter foreign table remote_things rename id to key;
