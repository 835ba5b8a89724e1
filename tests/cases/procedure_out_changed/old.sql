-- min: 14
create procedure count_them(out n int) language plpgsql as $$ begin n := 1; end $$;
