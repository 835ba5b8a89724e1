drop table child;
