create table room (id int, during tsrange, exclude using gist (during with &&) where (id > 5));
create unique index room_id on room ((id + 1)) where id is not null;
