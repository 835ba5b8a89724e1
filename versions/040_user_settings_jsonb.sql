-- Three columns so far, fourteen more requested. Merge them into one document.
alter table identity.users
    add column settings jsonb not null default '{}'::jsonb
        constraint users_settings_object check (jsonb_typeof(settings) = 'object');

update identity.users
set settings = jsonb_build_object(
        'theme', theme,
        'notify', jsonb_build_object('email', notify_email, 'push', notify_push));

alter table identity.users
    drop column notify_email,
    drop column notify_push,
    drop column theme;

create index users_settings_idx on identity.users using gin (settings jsonb_path_ops);
