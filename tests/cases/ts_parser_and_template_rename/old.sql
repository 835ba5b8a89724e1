create schema ts;
create text search parser my_parser (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
create text search template my_template (lexize = dsimple_lexize);
