create schema extensions;
create extension hstore schema extensions;
create table settings (id int, value extensions.hstore default ''::extensions.hstore);
