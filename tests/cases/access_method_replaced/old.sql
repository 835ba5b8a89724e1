create access method my_btree type index handler bthandler;
