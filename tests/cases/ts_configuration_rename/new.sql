alter text search configuration de rename to german;
alter text search configuration german set schema ts;
