drop function cleanup();
create procedure cleanup() language plpgsql as 'begin null; end';
