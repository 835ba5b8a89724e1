drop type box2 cascade;
