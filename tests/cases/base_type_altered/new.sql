alter type box2 set (storage = extended);
alter type box2 owner to shop_owner;
