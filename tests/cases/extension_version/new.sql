alter extension hstore update to '1.7';
