create schema legacy;
comment on schema legacy is 'kept for the 2019 import';
grant usage, create on schema legacy to shop_writer;
