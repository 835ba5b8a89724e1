drop foreign table remote;
create foreign table remote (id int) server near options (x 'y');
