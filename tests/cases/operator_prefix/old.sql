create function triple(int) returns int language sql immutable as 'select $1 * 3';
create operator @@@ (rightarg = int, function = triple);
