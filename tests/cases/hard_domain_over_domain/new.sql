alter domain a add constraint short check (length(value) < 10);
alter domain b drop not null;
