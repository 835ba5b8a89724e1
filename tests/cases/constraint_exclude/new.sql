alter table booking add constraint no_overlap exclude using gist (during with &&) where (room > 0);
