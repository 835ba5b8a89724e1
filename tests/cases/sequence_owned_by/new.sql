alter sequence q owned by none;
create sequence r owned by t.n;
