create schema ops;
create operator ### (leftarg = int, rightarg = int, function = int4pl);
