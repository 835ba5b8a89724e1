create type promised;
create function promised_in(cstring) returns promised language internal immutable strict as 'int4in';
