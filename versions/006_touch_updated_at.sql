-- updated_at is the database's job (mira)
create function identity.touch_updated_at() returns trigger
language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end;
$$;

create trigger users_touch
    before update on identity.users
    for each row when (old.* is distinct from new.*)
    execute function identity.touch_updated_at();

create trigger workspaces_touch
    before update on identity.workspaces
    for each row when (old.* is distinct from new.*)
    execute function identity.touch_updated_at();
