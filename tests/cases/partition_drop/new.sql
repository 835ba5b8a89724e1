drop table m_2023;
