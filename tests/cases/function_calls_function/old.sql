create function base() returns int language sql as 'select 1';
create function derived() returns int language sql as 'select base() + 1';
create function top() returns int language plpgsql as 'begin return derived(); end';
