create operator class ver_ops for type ver using btree as
  operator 1 *<(record, record), operator 2 *<=(record, record), operator 3 *=(record, record), operator 4 *>=(record, record), operator 5 *>(record, record), function 1 ver_cmp(ver, ver);
