alter materialized view m rename to mm;
alter materialized view mm rename column one to uno;
alter materialized view mm set schema s;
