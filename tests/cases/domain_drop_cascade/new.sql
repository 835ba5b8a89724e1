drop domain posint cascade;
