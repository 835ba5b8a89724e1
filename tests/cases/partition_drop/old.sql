create table m (id int, at date, primary key (id, at)) partition by range (at);
create table m_2023 partition of m for values from ('2023-01-01') to ('2024-01-01');
create table m_other partition of m default;
create index m_at on m (at);
comment on table m_2023 is 'last year';
alter table m_2023 owner to shop_owner;
grant select on m_2023 to shop_reader;
