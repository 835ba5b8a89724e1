alter domain posint drop default;
alter domain posint drop constraint positive;
alter domain posint add constraint small check (value between 0 and 10) not valid;
alter domain posint set not null;
alter domain label drop not null;
alter domain label set default 'x';
