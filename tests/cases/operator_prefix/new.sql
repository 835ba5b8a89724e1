drop operator @@@ (none, int);
create operator #@# (rightarg = int, function = triple);
