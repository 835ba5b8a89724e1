create type celsius as (deg numeric);
