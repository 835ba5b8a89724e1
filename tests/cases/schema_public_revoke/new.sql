revoke usage on schema public from public;
grant usage on schema public to shop_reader;
grant create on schema public to shop_writer;
