create sequence q;
create sequence r as int minvalue 5 cycle;
