alter extension citext set schema ext;
