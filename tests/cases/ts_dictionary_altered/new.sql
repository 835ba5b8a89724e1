alter text search dictionary stem (language = 'english', stopwords);
