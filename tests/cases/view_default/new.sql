alter view v alter n set default 5;
