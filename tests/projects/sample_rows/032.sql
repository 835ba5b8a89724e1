insert into billing.subscriptions (workspace_id,plan,seats,period) select id,'team',10,tstzrange(now()-interval '1 month', null) from identity.workspaces;
insert into billing.invoices (number,subscription_id,net,tax) select 'LN-2024-'||lpad(id::text,5,'0'), id, 100, 19 from billing.subscriptions;
