drop rule v_insert on v;
drop rule t_log on t;
