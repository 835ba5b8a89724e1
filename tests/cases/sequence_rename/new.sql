alter sequence q rename to counter;
alter sequence counter set schema s;
