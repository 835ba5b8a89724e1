alter text search dictionary stem rename to german_stemmer;
alter text search dictionary german_stemmer set schema ts;
