alter foreign table things set schema remote;
