create schema audit;
create table audit.log (id bigint generated always as identity primary key, at timestamptz not null default clock_timestamp(), tab regclass, old jsonb, new jsonb);
create function audit.record() returns trigger language plpgsql security definer set search_path = audit as $$
begin
  insert into log (tab, old, new) values (tg_relid, to_jsonb(old), to_jsonb(new));
  return coalesce(new, old);
end $$;
create trigger audit after insert or update or delete on account for each row execute function audit.record();
revoke all on all tables in schema audit from public;
