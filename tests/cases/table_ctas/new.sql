create table summary as select id, sum(n) as total from t group by id;
create table copy (like t including all);
