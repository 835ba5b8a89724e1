drop operator ~~~ (int, int) cascade;
drop function near(int, int);
