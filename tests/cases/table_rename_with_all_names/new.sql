alter table person rename to people;
alter sequence person_id_seq rename to people_id_seq;
alter index person_pkey rename to people_pkey;
alter table people rename constraint person_boss_fkey to people_boss_fkey;
alter table people rename constraint person_name_key to people_name_key;
alter table people rename constraint person_name_check to people_name_check;
