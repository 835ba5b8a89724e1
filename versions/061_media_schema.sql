-- Attachments get their own schema and, soon, their own service.
create schema media;
alter table chat.attachments set schema media;
alter index media.attachments_sha256_idx rename to attachments_content_idx;

grant usage on schema media to lantern_app;

-- until every client is on 4.2
create view chat.attachments as
select id, message_id, uploader_id, file_name, mime_type, size_bytes, sha256, is_image, created_at
from media.attachments;

comment on view chat.attachments is 'Deprecated: use media.attachments';
