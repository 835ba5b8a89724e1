-- forgotten in 010. Uploaders that no longer exist become the system user.
BEGIN;

UPDATE chat.attachments a
SET uploader_id = 1
WHERE NOT EXISTS (SELECT 1 FROM identity.users u WHERE u.id = a.uploader_id);

ALTER TABLE chat.attachments
    ADD CONSTRAINT attachments_uploader_fkey
    FOREIGN KEY (uploader_id) REFERENCES identity.users (id) ON DELETE RESTRICT NOT VALID;

COMMIT;

-- own transaction: takes a weaker lock than the one above
ALTER TABLE chat.attachments VALIDATE CONSTRAINT attachments_uploader_fkey;
