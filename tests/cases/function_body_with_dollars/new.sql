create or replace function tricky() returns text language plpgsql as $f$ begin return 'x'; end $f$;
