alter operator ~~~ (int, int) set (restrict = none, join = eqjoinsel);
