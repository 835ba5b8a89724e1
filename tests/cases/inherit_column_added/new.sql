alter table base add column note text not null default 'x';
