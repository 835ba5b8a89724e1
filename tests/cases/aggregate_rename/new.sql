alter aggregate total(int) rename to sum_up;
alter aggregate sum_up(int) set schema s;
