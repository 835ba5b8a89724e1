-- One function for every table. SECURITY DEFINER: the app may not read the trail.
CREATE FUNCTION audit.record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    before_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - 'password_hash' END;
    after_row  jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - 'password_hash' END;
BEGIN
    INSERT INTO audit.events (actor_id, action, target, row_key, old_row, new_row)
    VALUES (nullif(current_setting('lantern.user_id', true), '')::bigint,
            lower(TG_OP), TG_RELID::regclass,
            coalesce(after_row, before_row) ->> 'id',
            before_row, after_row);
    RETURN NULL;
END
$body$;

REVOKE ALL ON FUNCTION audit.record() FROM PUBLIC;

CREATE TRIGGER users_audit
    AFTER INSERT OR UPDATE OR DELETE ON identity.users
    FOR EACH ROW EXECUTE FUNCTION audit.record();

CREATE TRIGGER workspaces_audit
    AFTER INSERT OR UPDATE OR DELETE ON identity.workspaces
    FOR EACH ROW EXECUTE FUNCTION audit.record();

CREATE TRIGGER channels_audit
    AFTER UPDATE OR DELETE ON chat.channels
    FOR EACH ROW EXECUTE FUNCTION audit.record();
