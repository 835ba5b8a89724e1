create transform for point3 language plpgsql (from sql with function from_sql(internal));
comment on transform for point3 language plpgsql is 'points';
