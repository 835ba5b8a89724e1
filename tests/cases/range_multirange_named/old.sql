-- min: 14
create type span as range (subtype = numeric, multirange_type_name = spans);
create table t (s spans);
