alter index t_n set (fillfactor = 90);
alter index t_n alter column 1 set statistics 50;
