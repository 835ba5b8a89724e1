drop function top();
drop function derived();
drop function base();
