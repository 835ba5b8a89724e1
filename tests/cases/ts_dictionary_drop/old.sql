create text search dictionary my_simple (template = simple, accept = 'false');
create text search dictionary stem (template = snowball, language = 'german', stopwords = 'german');
alter text search dictionary stem owner to shop_owner;
