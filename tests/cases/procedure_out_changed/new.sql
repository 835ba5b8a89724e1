drop procedure count_them;
create procedure count_them(out n bigint, in lim int default 10) language plpgsql as $$ begin n := 1; end $$;
