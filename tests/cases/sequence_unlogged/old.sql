-- min: 15
create sequence q;
