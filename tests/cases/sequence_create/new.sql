create sequence invoice_number as int start 1000 increment 5 minvalue 1000 maxvalue 9000 cache 10 cycle;
