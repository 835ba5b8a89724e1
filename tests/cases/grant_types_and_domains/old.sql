create type mood as enum ('a', 'b');
create domain posint as int;
grant usage on type mood to shop_writer;
