drop transform for point3 language plpgsql;
drop function from_sql(internal);
