alter table t drop constraint id_there;
alter table t add constraint n_there not null n not valid;
