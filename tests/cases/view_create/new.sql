create view v as select id, n from t where n > 0 with local check option;
create view w (a, b) with (security_barrier) as select id, n + 1 from t;
create recursive view r (n) as values (1) union all select n + 1 from r where n < 10;
grant select on w to shop_reader;
