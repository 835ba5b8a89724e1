create schema reporting authorization shop_owner;
grant usage on schema reporting to shop_reader;
