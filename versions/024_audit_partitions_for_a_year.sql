-- Nobody wants to write these by hand every month. The cron job comes later.
do $$
declare
    month date := date '2023-08-01';
begin
    while month < date '2024-08-01' loop
        execute format(
            'create table audit.%I partition of audit.events for values from (%L) to (%L)',
            'events_' || to_char(month, 'YYYY_MM'),
            month::text || ' 00:00:00+00',
            (month + interval '1 month')::date::text || ' 00:00:00+00');
        month := month + interval '1 month';
    end loop;
end
$$;
