create function near(int, int) returns boolean language sql immutable as 'select abs($1 - $2) < 2';
create operator ~~~ (leftarg = int, rightarg = int, function = near, commutator = ~~~, restrict = eqsel, join = eqjoinsel);
create table t (a int, b int, check (a ~~~ b));
create view v as select a from t where a ~~~ b;
alter operator ~~~ (int, int) owner to shop_owner;
