create procedure purge(days int default 30) language plpgsql as $$ begin delete from t; commit; end $$;
grant execute on procedure purge(int) to shop_writer;
