alter type mood rename to feeling;
alter type feeling set schema types;
