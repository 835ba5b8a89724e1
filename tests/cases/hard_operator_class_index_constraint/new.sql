drop type ver cascade;
