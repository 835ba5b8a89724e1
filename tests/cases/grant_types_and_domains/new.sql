revoke usage on type mood from public;
grant usage on domain posint to shop_reader;
revoke usage on domain posint from public;
