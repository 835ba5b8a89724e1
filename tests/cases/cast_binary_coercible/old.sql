create domain mail as text;
create type mood as enum ('ok');
