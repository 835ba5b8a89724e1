-- Pen test, finding 7: invitation tokens must not be readable in the database.
alter table identity.invites add column token_digest bytea;
update identity.invites set token_digest = digest(token, 'sha256');
alter table identity.invites alter column token_digest set not null;

alter table identity.invites drop column token;
create unique index invites_token_digest_key on identity.invites (token_digest);
