-- Drop what one upgrade kept, with whatever an unfinished one left behind; returns the names of what was dropped.
CREATE OR REPLACE FUNCTION alembic_safety.drop_preservation(in_number bigint) RETURNS SETOF text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    number_of bigint;
    dropping text;
BEGIN
    -- Only what the registry knows, in our own schema, under names that nobody else is given there.
    FOR number_of IN SELECT q.number FROM alembic_safety.quarantine q WHERE q.preservation = in_number ORDER BY q.number LOOP
        FOR dropping IN
            SELECT format('TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t
            WHERE t.tgfoid = to_regprocedure(format('alembic_safety.q%s_capture()', number_of))
            UNION ALL
            SELECT format('FUNCTION %s', p.oid::regprocedure) FROM pg_proc p
            WHERE p.oid = to_regprocedure(format('alembic_safety.q%s_capture()', number_of))
            UNION ALL
            SELECT format('%s %s', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.oid::regclass) FROM pg_class c
            WHERE c.relnamespace = 'alembic_safety'::regnamespace AND c.relkind IN ('r', 'S')
              AND c.relname IN (format('q%s_old', number_of), format('q%s_made', number_of), format('q%s_new', number_of),
                format('q%s_now', number_of), format('q%s_seen', number_of), format('q%s_others', number_of))
        LOOP
            EXECUTE 'DROP ' || dropping;
            RETURN NEXT dropping;
        END LOOP;
    END LOOP;
    DELETE FROM alembic_safety.preservation p WHERE p.number = in_number;
END $$;
