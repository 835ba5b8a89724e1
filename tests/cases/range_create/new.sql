create type timerange as range (subtype = time);
alter table booking add during timerange;
comment on type timerange is 'hours of a day';
