alter domain posint rename to natural_number;
alter domain natural_number rename constraint positive to above_zero;
alter domain natural_number set schema d;
