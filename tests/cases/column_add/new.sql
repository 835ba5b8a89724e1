alter table t add column note text not null default 'none', add column n int;
