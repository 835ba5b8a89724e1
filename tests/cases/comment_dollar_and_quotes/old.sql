create table t (id int);
comment on table t is '50% of $1 :param \n ''quoted'' "x" $$ dollar $$';
