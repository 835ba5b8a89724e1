create table t (a int default 1, b text, c timestamptz default now(), d jsonb default '{"a": [1, 2]}');
