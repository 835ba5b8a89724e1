drop trigger tr on child;
drop policy p on base;
drop policy p on child;
alter table base alter n type bigint;
create policy p on base using (n > 0);
