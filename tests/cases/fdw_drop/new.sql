drop foreign data wrapper dummy cascade;
