alter table m detach partition m_2023;
