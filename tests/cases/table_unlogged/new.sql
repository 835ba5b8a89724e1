alter table cache set unlogged;
