drop server far cascade;
create server far foreign data wrapper two options (a 'c');
