alter table m rename to m_old;
alter index m_pkey rename to m_old_pkey;
alter index m_at rename to m_old_at;
create table m (id int, at date not null, primary key (id, at)) partition by range (at);
create index m_at on m (at);
create table m_all partition of m default;
drop table m_old;
