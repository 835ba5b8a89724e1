alter procedure purge(int) rename to purge_all;
alter procedure purge_all(int) set schema jobs;
