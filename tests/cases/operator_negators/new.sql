drop operator !~~~ (int, int);
drop operator ~~~ (int, int);
