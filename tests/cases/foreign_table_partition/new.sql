alter table m detach partition m_old;
create foreign table m_older partition of m for values from ('2019-01-01') to ('2020-01-01') server far options (a 'b');
