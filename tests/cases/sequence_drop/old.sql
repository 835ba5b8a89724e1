create sequence invoice_number as smallint start 7 increment -1 minvalue -50 maxvalue 10;
comment on sequence invoice_number is 'numbers';
alter sequence invoice_number owner to shop_owner;
create table t (id int default nextval('invoice_number'));
