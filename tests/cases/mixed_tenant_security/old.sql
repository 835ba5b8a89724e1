create table doc (id serial primary key, body text);
create view docs as select id, body from doc;
grant select, insert on doc to shop_writer;
grant usage on sequence doc_id_seq to shop_writer;
