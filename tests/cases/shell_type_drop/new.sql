drop function promised_in(cstring);
drop type promised;
