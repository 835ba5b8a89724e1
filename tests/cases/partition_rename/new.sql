alter table m_2023 rename to m_old;
alter table m_old set schema archive;
alter table m rename to measurement;
alter table measurement rename at to measured_at;
