reassign owned by shop_writer to shop_owner;
