create domain email as text check (value ~ '@');
create function send(email, text default 'hi') returns email language sql as 'select $1';
create view v as select send('a@b'::email) as e;
create table t (e email default send('x@y'::email));
