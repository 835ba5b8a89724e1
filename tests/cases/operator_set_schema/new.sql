alter operator ### (int, int) set schema ops;
