create type promised;
