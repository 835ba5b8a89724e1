create text search dictionary d1 (template = simple);
create text search configuration conf (copy = simple);
alter text search configuration conf alter mapping replace simple with d1;
