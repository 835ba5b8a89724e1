alter language mylang rename to yourlang;
