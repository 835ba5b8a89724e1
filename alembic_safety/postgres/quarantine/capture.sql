-- Triggers that keep the old rows of every statement of this session from here on.
CREATE OR REPLACE FUNCTION alembic_safety.watch(q alembic_safety.quarantine) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $watch$
DECLARE
    rel regclass;
    verb text;
BEGIN
    EXECUTE format('CREATE TABLE alembic_safety.q%s_new AS SELECT %s true AS made FROM %s s WITH NO DATA', q.number,
        alembic_safety.as_columns(alembic_safety.key_terms(q, 'table', 's', q.columns)), alembic_safety.rows_of(q, q.source));
    EXECUTE format('ALTER TABLE alembic_safety.q%s_new DROP COLUMN made', q.number);
    PERFORM alembic_safety.keep_private(format('alembic_safety.q%s_new', q.number));
    -- Keys of rows that other sessions wrote between the parts of an upgrade that commits, and whether they deleted them.
    EXECUTE format('CREATE TABLE alembic_safety.q%1$s_others (LIKE alembic_safety.q%1$s_new, gone boolean)', q.number);
    PERFORM alembic_safety.keep_private(format('alembic_safety.q%s_others', q.number));
    -- A sequence counts also what a savepoint takes back, as the server's own counters do.
    EXECUTE format('CREATE SEQUENCE alembic_safety.q%s_seen MINVALUE 0 START 0', q.number);
    EXECUTE format($function$
CREATE FUNCTION alembic_safety.q%1$s_capture() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {pinned} AS $capture$
DECLARE
    todo text;
BEGIN
    FOREACH todo IN ARRAY alembic_safety.capturing(%1$s, TG_OP, TG_RELID) LOOP
        EXECUTE todo;
    END LOOP;
    RETURN NULL;
END $capture$ $function$, q.number);
    EXECUTE format('REVOKE ALL ON FUNCTION alembic_safety.q%s_capture() FROM PUBLIC', q.number);
    FOR rel IN SELECT alembic_safety.members_of(q.relation)::regclass LOOP
        FOREACH verb IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] LOOP
            EXECUTE format('CREATE TRIGGER alembic_safety_q%s_%s %s %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION alembic_safety.q%s_capture()',
                q.number, lower(verb), CASE verb WHEN 'TRUNCATE' THEN 'BEFORE' ELSE 'AFTER' END, verb, rel,
                CASE verb WHEN 'INSERT' THEN 'REFERENCING NEW TABLE AS new_rows' WHEN 'UPDATE' THEN 'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'
                    WHEN 'DELETE' THEN 'REFERENCING OLD TABLE AS old_rows' ELSE '' END, q.number);
            EXECUTE format('ALTER TABLE ONLY %s ENABLE ALWAYS TRIGGER alembic_safety_q%s_%s', rel, q.number, lower(verb));
        END LOOP;
    END LOOP;
END $watch$;

-- What a trigger has to run to keep what a statement changed: the first old image of each key, and the keys that are new.
CREATE OR REPLACE FUNCTION alembic_safety.capturing(in_number bigint, verb text, fired oid) RETURNS text[] LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    q alembic_safety.quarantine;
    names text[];
    terms text[];
    from_where text;
    into_columns text;
    listed text;
    not_yet text := '';
    later boolean;
    todo text[] := '{}';
    counted text;
    is_own boolean;
BEGIN
    SELECT * INTO q FROM alembic_safety.quarantine x WHERE x.number = in_number;
    is_own := pg_backend_pid() IS NOT DISTINCT FROM (SELECT p.backend FROM alembic_safety.preservation p WHERE p.number = q.preservation);
    IF q.strategy <> 'rows' THEN  -- all was kept before: only that others wrote since is news
        RETURN CASE WHEN is_own THEN '{}' ELSE ARRAY[format('SELECT setval(''alembic_safety.q%1$s_seen'', 1)', q.number)] END;
    END IF;
    SELECT array_agg(a.attname::text ORDER BY u.i) INTO names
    FROM unnest(q.numbers) WITH ORDINALITY AS u (number, i)
    LEFT JOIN pg_attribute a ON a.attrelid = q.relation AND a.attnum = u.number AND NOT a.attisdropped
        AND format_type(a.atttypid, a.atttypmod) = q.types[u.i];
    IF NOT is_own THEN
        terms := alembic_safety.key_terms(q, 'table', 's', names);
        IF EXISTS (SELECT FROM unnest(q.key) p WHERE names[p] IS NULL) THEN
            RETURN '{}';
        END IF;
        listed := format('INSERT INTO alembic_safety.q%s_others SELECT %s, %%s FROM %%s s', q.number, replace(array_to_string(terms, ', '), '%', '%%'));
        RETURN CASE verb WHEN 'INSERT' THEN ARRAY[format(listed, 'false', 'new_rows')]
            WHEN 'DELETE' THEN ARRAY[format(listed, 'true', 'old_rows')]
            WHEN 'TRUNCATE' THEN ARRAY[format(listed, 'true', 'ONLY ' || fired::regclass)]
            ELSE ARRAY[format(listed, 'false', 'new_rows'), format(listed, 'true', 'old_rows') || format(' WHERE NOT EXISTS (SELECT FROM new_rows n WHERE %s)',
                alembic_safety.all_equal(terms, alembic_safety.key_terms(q, 'table', 'n', names)))] END;
    END IF;
    IF EXISTS (SELECT FROM unnest(q.key) p WHERE names[p] IS NULL) THEN
        RAISE EXCEPTION 'rows of % cannot be kept: its key was changed before they were written', q.source USING HINT = 'preserve it by op.preserve_table()';
    END IF;
    terms := alembic_safety.key_terms(q, 'table', 's', names);
    EXECUTE format('SELECT last_value > 0 FROM alembic_safety.q%s_seen', q.number) INTO later;
    IF later THEN
        EXECUTE format('CREATE INDEX IF NOT EXISTS q%1$s_old_key ON alembic_safety.q%1$s_old (%2$s)', q.number,
            replace(array_to_string(alembic_safety.key_terms(q, 'old', '', NULL), ', '), '.', ''));
        EXECUTE format('CREATE INDEX IF NOT EXISTS q%1$s_new_key ON alembic_safety.q%1$s_new (%2$s)', q.number,
            replace(array_to_string(alembic_safety.key_terms(q, 'made', '', NULL), ', '), '.', ''));
        not_yet := format(' WHERE NOT EXISTS (SELECT FROM alembic_safety.q%1$s_old p WHERE %2$s) AND NOT EXISTS (SELECT FROM alembic_safety.q%1$s_new p WHERE %3$s)',
            q.number, alembic_safety.all_equal(terms, alembic_safety.key_terms(q, 'old', 'p', NULL)),
            alembic_safety.all_equal(terms, alembic_safety.key_terms(q, 'made', 'p', NULL)));
    END IF;
    IF verb IN ('UPDATE', 'DELETE', 'TRUNCATE') THEN
        SELECT string_agg(format('c%s', u.i), ', ' ORDER BY u.i),
               string_agg(format('s.%I%s', u.name, CASE WHEN q.typed[u.i] THEN '' ELSE '::text' END), ', ' ORDER BY u.i)
        INTO into_columns, listed FROM unnest(names) WITH ORDINALITY AS u (name, i) WHERE u.name IS NOT NULL;
        from_where := CASE WHEN verb = 'TRUNCATE' THEN CASE WHEN (SELECT c.relkind FROM pg_class c WHERE c.oid = fired) = 'p' THEN '' ELSE 'ONLY ' END || fired::regclass
            ELSE 'old_rows' END;
        todo := todo || format('INSERT INTO alembic_safety.q%s_old (%s) SELECT %s FROM %s s%s', q.number, into_columns, listed, from_where, not_yet);
    END IF;
    IF verb = 'INSERT' THEN
        todo := todo || format('INSERT INTO alembic_safety.q%s_new SELECT %s FROM new_rows s%s', q.number, array_to_string(terms, ', '), not_yet);
    ELSIF verb = 'UPDATE' THEN
        -- Keys that changed: the sums over both sides tell whether there are any.
        todo := todo || format('INSERT INTO alembic_safety.q%1$s_new SELECT %2$s FROM new_rows s WHERE (SELECT sum(hashtextextended(ROW(%2$s)::text, 0)) FROM old_rows s)'
            ' IS DISTINCT FROM (SELECT sum(hashtextextended(ROW(%2$s)::text, 0)) FROM new_rows s)'
            ' AND NOT EXISTS (SELECT FROM alembic_safety.q%1$s_old p WHERE %3$s)', q.number, array_to_string(terms, ', '),
            alembic_safety.all_equal(terms, alembic_safety.key_terms(q, 'old', 'p', NULL)));
    END IF;
    IF verb = 'TRUNCATE' THEN
        UPDATE alembic_safety.quarantine x SET truncated = true WHERE x.number = q.number AND NOT x.truncated;
        counted := '1';
    ELSE
        -- A row that moves to another partition counts as deleted and as inserted.
        counted := format('(SELECT %s count(*) FROM %s)', CASE WHEN verb = 'UPDATE' AND NOT q.alone THEN '2 *' ELSE '' END,
            CASE verb WHEN 'INSERT' THEN 'new_rows' ELSE 'old_rows' END);
    END IF;
    RETURN todo || format('SELECT setval(''alembic_safety.q%1$s_seen'', (SELECT last_value FROM alembic_safety.q%1$s_seen) + %2$s)', q.number, counted);
END $$;
