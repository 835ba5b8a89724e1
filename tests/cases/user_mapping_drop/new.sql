drop user mapping for shop_reader server far;
drop user mapping for public server far;
create user mapping for shop_writer server far options (user 'w');
