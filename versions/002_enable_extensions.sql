-- citext for e-mail addresses and emoji names, pgcrypto for tokens,
-- uuid-ossp because the mobile client already sends v4 ids.
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
