alter schema public owner to shop_owner;
