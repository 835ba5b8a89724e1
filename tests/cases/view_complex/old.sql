create table o (id int primary key, c int, at timestamptz, total numeric);
create view v as
  with recursive r as (select 1 as n union all select n + 1 from r where n < 5)
  select o.c, count(*) filter (where total > 10) as big, sum(total) over (partition by c order by at rows between unbounded preceding and current row) as running,
    array(select n from r) as ns, lateral_1.x
  from o left join lateral (select o.id + 1 as x) lateral_1 on true
  group by o.c, o.at, o.total, lateral_1.x having count(*) > 0 order by 1 desc nulls last limit 5;
