alter table m attach partition m_2023 for values from ('2023-01-01') to ('2024-01-01');
