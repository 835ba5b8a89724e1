alter table live rename to live_old;
alter table staging rename to live;
alter table live_old rename to staging;
alter index live_pkey rename to tmp_pkey;
alter index staging_pkey rename to live_pkey;
alter index tmp_pkey rename to staging_pkey;
