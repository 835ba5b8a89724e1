create table m (id int, at date, constraint m_key primary key (id, at)) partition by range (at);
create table m_2023 partition of m for values from ('2023-01-01') to ('2024-01-01');
