create type mood as enum ('sad', 'it''s ok', 'happy');
comment on type mood is 'feelings';
grant usage on type mood to shop_reader;
alter type mood owner to shop_owner;
