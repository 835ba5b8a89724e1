alter table t add column parent_id int constraint parent_fk references parent on delete set null,
  add column code varchar(8) unique check (code ~ '^[A-Z]+$'),
  add column n serial;
