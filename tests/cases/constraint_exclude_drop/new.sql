alter table booking drop constraint no_overlap;
