alter domain posint validate constraint positive;
