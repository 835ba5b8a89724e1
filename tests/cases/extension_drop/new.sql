drop index product_title_trgm;
drop extension pg_trgm;
