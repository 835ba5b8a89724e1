alter table billing.invoices
    add column total numeric(13, 2) generated always as (net + tax) stored;

alter table billing.invoices
    add constraint invoices_tax_plausible check (tax <= net);

create view billing.revenue_by_month as
select date_trunc('month', i.issued_on)::date as month,
       i.currency,
       s.plan,
       count(*) as invoices,
       sum(i.total) as total,
       sum(i.total) filter (where i.paid_at is null) as outstanding
from billing.invoices i
join billing.subscriptions s on s.id = i.subscription_id
group by 1, 2, 3;

grant select on billing.revenue_by_month to lantern_report;
