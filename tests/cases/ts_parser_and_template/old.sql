create text search parser my_parser (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline);
create text search template my_template (init = dsimple_init, lexize = dsimple_lexize);
create text search dictionary my_dict (template = my_template);
create text search configuration my_conf (parser = my_parser);
alter text search configuration my_conf add mapping for word with my_dict;
comment on text search parser my_parser is 'the default one';
