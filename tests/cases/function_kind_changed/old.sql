create function cleanup() returns void language plpgsql as 'begin null; end';
