-- "Lisbon, PT" -> city + country_code, so that we can show local times. (tomás)
ALTER TABLE identity.users
    ADD COLUMN city TEXT,
    ADD COLUMN country_code CHAR(2);

UPDATE identity.users
SET city = nullif(trim(split_part(location, ',', 1)), ''),
    country_code = CASE WHEN upper(trim(split_part(location, ',', 2))) ~ '^[A-Z]{2}$'
                        THEN upper(trim(split_part(location, ',', 2))) END
WHERE location IS NOT NULL;

ALTER TABLE identity.users
    ADD CONSTRAINT users_country_code_format CHECK (country_code ~ '^[A-Z]{2}$');

DROP VIEW identity.user_profiles;
ALTER TABLE identity.users DROP COLUMN location;

CREATE VIEW identity.user_profiles AS
SELECT u.id,
       u.public_id,
       u.handle,
       u.display_name,
       u.city,
       u.country_code,
       u.status = 'active' AS is_active
FROM identity.users u
WHERE u.status <> 'suspended';

COMMENT ON VIEW identity.user_profiles IS 'What one member may see of another';
GRANT SELECT ON identity.user_profiles TO lantern_report;
