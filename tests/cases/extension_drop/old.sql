-- requires: pg_trgm
create extension pg_trgm;
create table product (id int, title text);
create index product_title_trgm on product using gin (title gin_trgm_ops);
