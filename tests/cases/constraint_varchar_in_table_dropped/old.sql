create table t (id int, state varchar(10) check (state in ('NEW', 'OPEN')), kind char(1) check (kind in ('a', 'b')), n numeric check (n in (1, 2.5)));
create policy p on t using (state in ('NEW', 'OPEN'));
create materialized view m as select id, state not in ('NEW', 'OPEN') as done, case when state in ('NEW') then 1 else 0 end as c from t;
