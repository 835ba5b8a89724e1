create access method my_btree type index handler bthandler;
comment on access method my_btree is 'btree by another name';
