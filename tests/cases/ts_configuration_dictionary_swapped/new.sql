create text search dictionary d2 (template = simple, accept = 'false');
alter text search configuration conf alter mapping replace d1 with d2;
drop text search dictionary d1;
