create text search dictionary stem (template = snowball, language = 'german', stopwords = 'german');
create text search configuration de (copy = simple);
alter text search configuration de alter mapping for word with stem;
