-- Article 17 requests. Called by support, never by the app.
create procedure identity.forget_user(who bigint)
language plpgsql as $$
begin
    update identity.users
    set email = ('forgotten-' || who || '@invalid.example')::identity.email_address,
        handle = ('gone-' || who)::identity.handle,
        display_name = 'Deleted account',
        password_hash = null,
        city = null,
        country_code = null,
        settings = '{}',
        status = 'suspended'
    where id = who;

    delete from identity.invites where invited_by = who and accepted_at is null;
end
$$;

revoke all on procedure identity.forget_user(bigint) from public;
grant execute on procedure identity.forget_user(bigint) to lantern_support;

-- the two requests that were handled by hand before this existed
call identity.forget_user(4711);
call identity.forget_user(5120);
