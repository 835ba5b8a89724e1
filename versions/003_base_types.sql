-- Shared vocabulary. Domains instead of copy-pasted CHECKs (mira)

create domain identity.email_address as citext
    constraint email_address_format check (value ~ '^[^@\s]+@[^@\s]+$');

create domain identity.handle as text
    constraint handle_format check (value ~ '^[a-z0-9][a-z0-9._-]{1,31}$');

create type identity.user_status as enum ('invited', 'active', 'suspended');

create type chat.channel_kind as enum ('public', 'private', 'direct');

comment on domain identity.handle is 'What comes after the @';
comment on type chat.channel_kind is 'direct = exactly two members, never renamed';
