create table m (id bigint generated always as identity, region text not null, at timestamptz default now(), primary key (id, region)) partition by list (region);
create table m_eu partition of m for values in ('de', 'fr') partition by hash (id);
create table m_eu_0 partition of m_eu for values with (modulus 2, remainder 0);
create table m_eu_1 partition of m_eu for values with (modulus 2, remainder 1) with (fillfactor = 50);
create table m_rest partition of m default;
create index m_at on m (at);
create unique index m_eu_only on m_eu (id, region);
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touch before update on m for each row execute function touch();
