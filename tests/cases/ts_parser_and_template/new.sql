drop text search configuration my_conf;
drop text search dictionary my_dict;
drop text search template my_template;
drop text search parser my_parser;
