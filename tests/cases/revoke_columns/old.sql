create table customer (id int, name text, iban text);
grant select (id, name), references (id) on customer to shop_reader;
