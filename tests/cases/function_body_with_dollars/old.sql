create function tricky() returns text language plpgsql as $f$ begin return $$it's :here %s 100% \ $$; end $f$;
