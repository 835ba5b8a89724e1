drop trigger workspaces_touch on identity.workspaces;
drop trigger users_touch on identity.users;
drop function identity.touch_updated_at();
