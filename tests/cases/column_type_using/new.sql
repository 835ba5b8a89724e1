alter table t alter at drop default, alter flag drop default;
alter table t alter at type timestamptz using at::timestamptz, alter flag type boolean using flag <> 0, alter price type numeric using price::numeric;
alter table t alter at set default now(), alter flag set default false;
