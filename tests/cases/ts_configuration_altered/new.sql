alter text search configuration de alter mapping for word with german_stem, simple;
alter text search configuration de drop mapping for email;
alter text search configuration de add mapping for email with english_stem;
alter text search configuration de owner to shop_owner;
