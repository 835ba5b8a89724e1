revoke all on audit from shop_owner;
