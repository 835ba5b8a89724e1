create table m (id int not null, at date not null) partition by range (at);
create index m_id on m (id);
create table m_2023 (id int not null, at date not null);
create index m_2023_id on m_2023 (id);
