drop foreign table remote;
