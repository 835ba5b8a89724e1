drop function my_rank();
create function my_abs(int) returns int language internal immutable strict as 'int4abs';
