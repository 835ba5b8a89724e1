drop access method my_btree;
create access method my_btree type index handler hashhandler;
