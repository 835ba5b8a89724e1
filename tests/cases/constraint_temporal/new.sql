drop table price;
