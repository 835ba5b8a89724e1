create domain email as varchar(80) collate "C" default 'x@y' not null constraint at_sign check (value like '%@%');
comment on domain email is 'mail';
comment on constraint at_sign on domain email is 'at';
grant usage on domain email to shop_reader;
alter domain email owner to shop_owner;
