drop table person cascade;
