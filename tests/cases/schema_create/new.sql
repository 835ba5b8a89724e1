create schema reporting;
create table reporting.daily (day date primary key, total numeric(12,2));
