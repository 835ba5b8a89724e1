create table m (id int, at date) partition by range (at);
create table m_2023 partition of m for values from ('2023-01-01') to ('2024-01-01');
create table m_2024 partition of m for values from ('2024-01-01') to ('2025-01-01');
create index m_id on m (id);
create index m_2024_only on m_2024 (at, id);
