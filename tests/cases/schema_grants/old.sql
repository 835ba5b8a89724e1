create schema sales;
grant usage on schema sales to shop_reader;
