-- Accounts that the product itself posts from. Fixed ids, the backend knows them.
insert into identity.users (id, public_id, email, handle, full_name, status)
values (1, '00000000-0000-4000-8000-000000000001', 'system@lantern.example', 'lantern', 'Lantern', 'active'),
       (2, '00000000-0000-4000-8000-000000000002', 'welcome@lantern.example', 'welcome-bot', 'Welcome Bot', 'active');

select setval(pg_get_serial_sequence('identity.users', 'id'), 100, true);

insert into identity.workspaces (id, slug, name, owner_id) overriding system value
values (1, 'lantern-hq', 'Lantern HQ', 1);

insert into identity.workspace_members (workspace_id, user_id, role)
values (1, 1, 'owner'), (1, 2, 'member');

insert into chat.channels (workspace_id, kind, name, created_by)
values (1, 'public', 'general', 1), (1, 'public', 'release-notes', 1);
