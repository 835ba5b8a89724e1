-- Files live in the object store; this is what we know about them. -- jonas
create table chat.attachments (
    id          uuid primary key default uuid_generate_v4(),
    message_id  bigint not null references chat.messages (id) on delete cascade,
    uploader_id bigint not null,
    file_name   text not null,
    mime_type   text not null default 'application/octet-stream',
    size_bytes  integer not null check (size_bytes > 0),
    sha256      bytea not null check (octet_length(sha256) = 32),
    is_image    boolean generated always as (mime_type like 'image/%') stored,
    created_at  timestamptz not null default now()
);

alter table chat.attachments alter column sha256 set storage external;

create index attachments_message_id_idx on chat.attachments (message_id);
create index attachments_sha256_idx on chat.attachments using hash (sha256);
