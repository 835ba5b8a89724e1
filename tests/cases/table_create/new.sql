create table invoice (
  id bigint generated always as identity primary key,
  number text not null unique,
  issued date not null default current_date,
  total numeric(12,2) check (total >= 0)
);
create index invoice_issued on invoice (issued desc) include (total);
comment on table invoice is 'bills';
