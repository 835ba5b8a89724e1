drop function token() cascade;
