alter text search configuration de rename to deutsch;
alter text search configuration deutsch set schema ts;
