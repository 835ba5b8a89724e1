revoke usage on language plpgsql from public;
grant usage on foreign data wrapper dummy to shop_owner;
revoke usage on foreign server far from shop_reader;
