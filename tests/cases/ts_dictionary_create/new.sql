create text search dictionary my_simple (template = simple, accept = 'false');
comment on text search dictionary my_simple is 'rejects everything';
