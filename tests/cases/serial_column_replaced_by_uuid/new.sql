alter table c drop constraint c_t_id_fkey;
alter table t drop column id;
alter table t add column id uuid primary key default gen_random_uuid();
alter table c alter t_id type uuid using null;
alter table c add foreign key (t_id) references t;
