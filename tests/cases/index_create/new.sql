create index on t (name);
create unique index t_lower on t (lower(name) text_pattern_ops desc nulls last);
create index t_data on t using gin (data jsonb_path_ops) with (fastupdate = off);
