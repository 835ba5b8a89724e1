drop function positive(int) cascade;
