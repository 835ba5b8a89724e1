drop materialized view m cascade;
