create table m (id int primary key, at date not null);
create index m_at on m (at);
