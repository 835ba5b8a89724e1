comment on schema s is E'new ''text''';
comment on column c.a is 'the first';
comment on column c.b is 'the second';
comment on materialized view m is null;
comment on procedure p(int) is 'procedure';
comment on routine p(int) is 'routine';
