create table account (id bigserial primary key, email varchar(255) not null unique, created timestamp not null default now());
