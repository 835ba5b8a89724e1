alter index idx1 rename to tmp;
alter index idx2 rename to idx1;
alter index tmp rename to idx2;
