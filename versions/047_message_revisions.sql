create table chat.message_revisions (
    message_id  bigint not null references chat.messages (id) on delete cascade,
    revision    integer not null,
    body        text not null,
    replaced_at timestamptz not null default now(),
    primary key (message_id, revision)
);

alter table chat.message_revisions alter column body set compression pglz;

create or replace function chat.keep_revision() returns trigger
language plpgsql as $$
begin
    insert into chat.message_revisions (message_id, revision, body)
    select old.id, coalesce(max(r.revision), 0) + 1, old.body
    from chat.message_revisions r
    where r.message_id = old.id;
    new.edited_at := now();
    return new;
end
$$;

create trigger messages_keep_revision
    before update of body on chat.messages
    for each row when (old.body is distinct from new.body)
    execute function chat.keep_revision();
