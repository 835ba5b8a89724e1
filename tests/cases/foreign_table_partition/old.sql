create foreign data wrapper dummy;
create server far foreign data wrapper dummy;
create table m (id int, at date) partition by range (at);
create foreign table m_old partition of m for values from ('2020-01-01') to ('2021-01-01') server far;
