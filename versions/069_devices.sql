-- one sequence for parent and child: an identity column would not be inherited
create sequence identity.device_id_seq;

create table identity.devices (
    id         bigint primary key default nextval('identity.device_id_seq'),
    user_id    bigint not null references identity.users (id) on delete cascade,
    platform   text not null check (platform in ('ios', 'android', 'web')),
    push_token text,
    seen_at    timestamptz not null default now()
);

create table identity.mobile_devices (
    os_version text,
    push_badge smallint not null default 0
) inherits (identity.devices);

alter sequence identity.device_id_seq owned by identity.devices.id;

alter table identity.mobile_devices add primary key (id);
create index devices_user_id_idx on identity.devices (user_id);
create index mobile_devices_user_id_idx on identity.mobile_devices (user_id);
