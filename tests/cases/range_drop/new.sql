drop type timerange cascade;
