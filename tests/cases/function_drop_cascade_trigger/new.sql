drop function touch() cascade;
