create table doc (id int, owner text);
create function visible(d doc) returns boolean language plpgsql stable as 'begin return d.owner = current_user; end';
create policy p on doc using (visible(doc));
alter table doc enable row level security;
create view v as select visible(doc) as ok from doc;
