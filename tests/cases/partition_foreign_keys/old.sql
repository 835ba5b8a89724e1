create table m (id int, at date, primary key (id, at)) partition by range (at);
create table m_2023 partition of m for values from ('2023-01-01') to ('2024-01-01');
create table kind (id int primary key);
create table child (m_id int, m_at date, foreign key (m_id, m_at) references m);
alter table m add kind_id int references kind;
