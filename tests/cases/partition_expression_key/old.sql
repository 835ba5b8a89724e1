create table m (id int, name text) partition by range (lower(name) collate "C", (id + 1));
