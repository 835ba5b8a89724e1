ALTER VIEW identity.user_profiles RENAME COLUMN display_name TO full_name;
ALTER TABLE identity.users RENAME COLUMN display_name TO full_name;
