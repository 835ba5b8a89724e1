alter view v rename column n to number;
