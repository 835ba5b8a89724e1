alter schema sales owner to shop_owner;
