create text search configuration de (copy = simple);
