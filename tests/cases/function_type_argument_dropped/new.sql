drop type state cascade;
