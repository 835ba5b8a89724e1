create table m (id int not null, at date not null, unique (id, at), check (id > 0)) partition by range (at);
create index m_id on m (id);
create table m_2023 partition of m for values from ('2023-01-01') to ('2024-01-01');
create table m_2024 partition of m for values from ('2024-01-01') to ('2025-01-01');
