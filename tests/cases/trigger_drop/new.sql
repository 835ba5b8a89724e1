drop trigger b_touch on t;
drop trigger a_log on t;
drop trigger checked on t;
