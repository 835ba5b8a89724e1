create function pair_add(pair, pair) returns pair language sql immutable as 'select row(($1).a + ($2).a, ($1).b + ($2).b)::pair';
create operator + (leftarg = pair, rightarg = pair, function = pair_add, commutator = +);
comment on operator + (pair, pair) is 'member-wise';
