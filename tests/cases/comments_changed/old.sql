create schema s;
comment on schema s is 'old \ text';
create type c as (a int, b text);
comment on column c.a is 'first';
create materialized view m as select 1 as one;
comment on materialized view m is 'one';
create procedure p(a int) language sql as 'select 1';
comment on procedure p(int) is 'proc';
