alter table m detach partition m_a;
alter table m attach partition m_a for values from ('2023-01-01') to ('2025-01-01');
alter table m detach partition m_b;
