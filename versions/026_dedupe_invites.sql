-- Double clicks sent (and stored) the same invitation several times, see the
-- support thread of 14 July. Keep the newest of each, then make it impossible.
delete from identity.invites a
using identity.invites b
where a.workspace_id = b.workspace_id
  and a.email = b.email
  and a.accepted_at is null
  and b.accepted_at is null
  and (a.sent_at, a.id) < (b.sent_at, b.id);

create unique index invites_one_open_per_address_key
    on identity.invites (workspace_id, email)
    where accepted_at is null;
