-- A token belongs to the device that showed it last. The reinstall bug left
-- two or three rows per phone, so people got everything twice.
WITH ranked AS (
    SELECT tableoid, ctid, row_number() OVER (PARTITION BY push_token ORDER BY seen_at DESC, id DESC) AS n
    FROM identity.devices
    WHERE push_token IS NOT NULL
)
DELETE FROM identity.devices d
USING ranked r
WHERE d.tableoid = r.tableoid AND d.ctid = r.ctid AND r.n > 1;

CREATE UNIQUE INDEX devices_push_token_key ON ONLY identity.devices (push_token) WHERE push_token IS NOT NULL;
CREATE UNIQUE INDEX mobile_devices_push_token_key ON identity.mobile_devices (push_token) WHERE push_token IS NOT NULL;
