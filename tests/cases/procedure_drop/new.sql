drop procedure purge(int);
