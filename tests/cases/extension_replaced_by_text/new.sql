alter table account alter email type text;
alter table account alter email set default 'nobody'::text;
drop extension citext;
