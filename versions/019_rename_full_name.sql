-- Not everybody has a "full name". API v2 says display_name. (adaeze)
ALTER TABLE identity.users RENAME COLUMN full_name TO display_name;
ALTER VIEW identity.user_profiles RENAME COLUMN full_name TO display_name;
