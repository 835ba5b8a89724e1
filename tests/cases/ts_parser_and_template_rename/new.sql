alter text search parser my_parser rename to parser2;
alter text search parser parser2 set schema ts;
alter text search template my_template rename to template2;
alter text search template template2 set schema ts;
