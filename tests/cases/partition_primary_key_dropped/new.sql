alter table m drop constraint m_key;
