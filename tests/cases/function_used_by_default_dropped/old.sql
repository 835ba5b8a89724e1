create function token() returns text language sql volatile as 'select md5(random()::text)';
create table session (id int primary key, token text not null default token());
