create function near(int, int) returns boolean language sql immutable as 'select abs($1 - $2) < 2';
create operator ~~~ (leftarg = int, rightarg = int, function = near, restrict = eqsel);
