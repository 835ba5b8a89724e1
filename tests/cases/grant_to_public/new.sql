grant select on country to public;
