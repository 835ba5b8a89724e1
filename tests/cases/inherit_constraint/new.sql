alter table base drop constraint base_id;
alter table base add constraint base_small check (id < 100) no inherit;
