drop access method my_btree;
