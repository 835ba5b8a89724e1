alter view v reset (security_barrier);
alter view v set (check_option = local);
