create table chat.notifications (
    user_id    bigint not null references identity.users (id) on delete cascade,
    id         bigint generated always as identity,
    channel    text not null,
    payload    jsonb not null,
    created_at timestamptz not null default now(),
    seen_at    timestamptz,
    primary key (channel, user_id, id)
) partition by list (channel);

create table chat.notifications_push partition of chat.notifications
    for values in ('apns', 'fcm') partition by hash (user_id);
create table chat.notifications_push_0 partition of chat.notifications_push for values with (modulus 4, remainder 0);
create table chat.notifications_push_1 partition of chat.notifications_push for values with (modulus 4, remainder 1);
create table chat.notifications_push_2 partition of chat.notifications_push for values with (modulus 4, remainder 2);
create table chat.notifications_push_3 partition of chat.notifications_push for values with (modulus 4, remainder 3);

create table chat.notifications_mail partition of chat.notifications
    (constraint notifications_mail_has_subject check (payload ? 'subject'))
    for values in ('mail');

create index notifications_unseen_idx on chat.notifications (user_id, created_at) where seen_at is null;
