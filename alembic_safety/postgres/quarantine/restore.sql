-- What a downgrade may do: taken from the session, where -x or a command put it.
CREATE OR REPLACE FUNCTION alembic_safety.is_on(name text, value text) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(current_setting('alembic_safety.' || name, true), '') = value
$$;

-- The preservation of the upgrade that is being taken back; NULL where its loss was accepted.
CREATE OR REPLACE FUNCTION alembic_safety.preserved_by(in_table text, in_revision text) RETURNS bigint LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    p alembic_safety.preservation;
    why text := '';
BEGIN
    SELECT * INTO p FROM alembic_safety.preservation x WHERE x.version_table = in_table AND x.revision = in_revision ORDER BY x.number DESC LIMIT 1;
    IF NOT FOUND THEN
        why := 'nothing was kept when it was applied, or it was dropped since';
    ELSIF p.finished IS NULL THEN
        why := 'its upgrade did not come to its end, so it is not known what was kept';
    ELSIF p.restored IS NOT NULL THEN
        why := format('what an earlier upgrade kept was put back on %s, and nothing was kept since', p.restored::date);
    ELSIF p.doubts <> '{}' THEN
        why := 'rows were written that were not kept: ' || array_to_string(p.doubts, '; ');
    END IF;
    IF why = '' THEN
        RETURN p.number;
    ELSIF NOT alembic_safety.is_on('accept_loss', 'on') THEN
        RAISE EXCEPTION 'revision % cannot give its rows back: %', in_revision, why
            USING ERRCODE = 'no_data_found', HINT = 'accept the loss by -x safety.accept_loss=on (or --accept-loss), or restore a backup';
    END IF;
    RETURN CASE WHEN p.finished IS NOT NULL AND p.restored IS NULL THEN p.number END;
END $$;

-- Before a downgrade changes anything: find what its upgrade kept, and which rows were touched since.
CREATE OR REPLACE FUNCTION alembic_safety.begin_restore(in_table text, in_revision text, clear boolean DEFAULT false) RETURNS void LANGUAGE plpgsql {pinned} AS $begin$
DECLARE
    q alembic_safety.quarantine;
    found_number bigint := alembic_safety.preserved_by(in_table, in_revision);
    m text[];
    n text[];
    looking text;
    back text[];
BEGIN
    FOR q IN SELECT * FROM alembic_safety.quarantine x WHERE x.preservation = found_number AND x.made AND NOT x.returned ORDER BY x.number LOOP
        -- Of a downgrade that committed a part of itself: where that has changed rows already, it knows better.
        CONTINUE WHEN (clear OR q.key = '{}') AND to_regclass(format('alembic_safety.q%s_now', q.number)) IS NOT NULL;
        EXECUTE format('DROP TABLE IF EXISTS alembic_safety.q%s_now', q.number);
        IF to_regclass(q.after_source) IS NULL THEN
            RAISE EXCEPTION 'table %, which revision % left, is not there: its rows cannot be given back', q.after_source, in_revision USING ERRCODE = 'undefined_table';
        END IF;
        back := alembic_safety.silence_for_rows(to_regclass(q.after_source), clear OR q.key = '{}');
        IF q.key = '{}' THEN
            PERFORM alembic_safety.take_unkeyed_away(q);
        ELSE
            m := alembic_safety.key_terms(q, 'made', 'm', NULL);
            n := alembic_safety.key_terms(q, 'table', 's', q.after_columns);
            looking := format('CREATE TABLE alembic_safety.q%1$s_now AS SELECT %2$s'
                ' (SELECT array_agg(u.a IS DISTINCT FROM u.b ORDER BY u.i) FROM unnest(m.made, x.made) WITH ORDINALITY AS u (a, b, i)) AS changed'
                ' FROM alembic_safety.q%1$s_made m JOIN %3$s s ON %4$s CROSS JOIN LATERAL (SELECT %5$s AS made) x WHERE m.made IS DISTINCT FROM x.made',
                q.number, alembic_safety.as_columns(m), alembic_safety.rows_of(q, q.after_source), alembic_safety.all_equal(n, m), alembic_safety.image_of(q, 's'));
            IF q.strategy = 'rows' AND alembic_safety.are_few(q, to_regclass(q.after_source), q.rows) THEN
                PERFORM alembic_safety.run_by_index(looking);
            ELSE
                PERFORM alembic_safety.run_as_planned(looking);
            END IF;
        END IF;
        PERFORM alembic_safety.keep_private(format('alembic_safety.q%s_now', q.number));
        IF clear AND q.key <> '{}' THEN
            PERFORM alembic_safety.clear_retyped(q);
        END IF;
        IF q.strategy <> 'rows' THEN
            PERFORM alembic_safety.hold_retyped(q, alembic_safety.is_on('on_conflict', 'keep'));
        END IF;
        PERFORM alembic_safety.run_all(back);
    END LOOP;
END $begin$;

-- Values that the old type may not hold, and whose old values will take their place, go first.
CREATE OR REPLACE FUNCTION alembic_safety.clear_retyped(q alembic_safety.quarantine) RETURNS void LANGUAGE plpgsql {pinned} AS $clear$
DECLARE
    i integer;
    name text;
    filled boolean;
    m text[] := alembic_safety.key_terms(q, 'made', 'm', NULL);
BEGIN
    FOR i, name, filled IN
        SELECT u.i, u.name, a.attnotnull FROM unnest(q.after_columns) WITH ORDINALITY AS u (name, i)
        JOIN pg_attribute a ON a.attrelid = to_regclass(q.after_source) AND a.attname = u.name AND NOT a.attisdropped
        WHERE NOT u.i = ANY (q.key) AND (NOT q.typed[u.i] OR format_type(a.atttypid, a.atttypmod) <> q.types[u.i])
    LOOP
        IF filled THEN
            PERFORM alembic_safety.allow_null(q, i, name);
        END IF;
        EXECUTE format('UPDATE %s s SET %I = NULL FROM alembic_safety.q%s_made m WHERE %s'
            ' AND NOT EXISTS (SELECT FROM alembic_safety.q%s_now n WHERE %s AND n.changed[%s])',
            alembic_safety.rows_of(q, q.after_source), name, q.number,
            alembic_safety.all_equal(alembic_safety.key_terms(q, 'table', 's', q.after_columns), m), q.number,
            alembic_safety.all_equal(m, alembic_safety.key_terms(q, 'made', 'n', NULL)), i);
    END LOOP;
END $clear$;

CREATE OR REPLACE FUNCTION alembic_safety.silence_for_rows(rel oid, writes boolean) RETURNS text[] LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT writes AND NOT (SELECT c.relforcerowsecurity FROM pg_class c WHERE c.oid = rel) THEN
        RETURN '{}';
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;  -- a table with checks still to come can't be altered
    RETURN alembic_safety.silence(rel);
END $$;

-- Rows without a key: those that the upgrade left and nobody touched go now, so that their old images can take their place.
CREATE OR REPLACE FUNCTION alembic_safety.take_unkeyed_away(q alembic_safety.quarantine) RETURNS void LANGUAGE plpgsql {pinned} AS $away$
DECLARE
    going text;
    coming text;
    back text[] := '{}';
BEGIN
    -- A foreign key to a key that does not outlast the downgrade goes with it: rows that refer to what goes are not to be taken along.
    FOR going, coming IN
        SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', f.conrelid::regclass, f.conname),
            format('ALTER TABLE %s ADD CONSTRAINT %I %s%s', f.conrelid::regclass, f.conname, pg_get_constraintdef(f.oid), CASE WHEN f.convalidated THEN ' NOT VALID' ELSE '' END)
        FROM pg_constraint f WHERE f.contype = 'f' AND f.conparentid = 0 AND f.confrelid = to_regclass(q.after_source)
    LOOP
        EXECUTE going;
        back := back || coming;
    END LOOP;
    EXECUTE format('CREATE TABLE alembic_safety.q%s_now AS SELECT m.made, row_number() OVER (PARTITION BY m.made) AS n FROM alembic_safety.q%s_made m', q.number, q.number);
    PERFORM alembic_safety.keep_private(format('alembic_safety.q%s_now', q.number));
    EXECUTE format('WITH found AS (SELECT y.at, y.part, y.made, y.n FROM (SELECT x.at, x.part, x.made, row_number() OVER (PARTITION BY x.made) AS n'
        ' FROM (SELECT s.ctid AS at, s.tableoid AS part, %2$s AS made FROM %3$s s) x) y JOIN alembic_safety.q%1$s_now m ON m.made = y.made AND m.n = y.n),'
        ' gone AS (DELETE FROM %3$s t USING found f WHERE t.ctid = f.at AND t.tableoid = f.part)'
        ' DELETE FROM alembic_safety.q%1$s_now m USING found f WHERE m.made = f.made AND m.n = f.n',
        q.number, alembic_safety.image_of(q, 's'), alembic_safety.rows_of(q, q.after_source));
    PERFORM alembic_safety.run_all(back);
END $away$;

-- Put rows and values of some tables back, parents before children; returns what was done, a line for each table.
-- Checks, domains and key functions of the application see the caller's search_path.
CREATE OR REPLACE FUNCTION alembic_safety.restore(in_table text, in_revision text, sources text[], caller_path text DEFAULT current_setting('search_path')) RETURNS SETOF text LANGUAGE plpgsql {pinned} AS $restore$
DECLARE
    found_number bigint := alembic_safety.preserved_by(in_table, in_revision);
    entries alembic_safety.quarantine[] := '{}';
    keeping boolean := alembic_safety.is_on('on_conflict', 'keep');
    back text[] := '{}';
    closing text[];
    source_name text;
    rel oid;
    said text[];
    phases text;
    message text;
    state text;
    detail text;
    first_message text;
    first_detail text;
BEGIN
    IF found_number IS NULL THEN
        RETURN;
    END IF;
    PERFORM set_config('alembic_safety.search_path', caller_path, true);
    FOREACH source_name IN ARRAY sources LOOP
        rel := to_regclass(source_name);
        IF rel IS NULL THEN
            RAISE EXCEPTION 'there is no table % to restore rows to', source_name USING ERRCODE = 'undefined_table';
        END IF;
        source_name := rel::regclass::text;
        IF NOT EXISTS (SELECT FROM alembic_safety.quarantine x WHERE x.preservation = found_number AND x.source = source_name AND x.strategy <> 'sequence') THEN
            RAISE EXCEPTION 'nothing of % was kept by revision %', source_name, in_revision USING ERRCODE = 'no_data_found';
        END IF;
        entries := entries || ARRAY(SELECT x FROM alembic_safety.quarantine x WHERE x.preservation = found_number AND x.source = source_name
            AND x.strategy <> 'sequence' AND NOT x.returned ORDER BY array_position(ARRAY['table', 'rows', 'columns'], x.strategy));
    END LOOP;
    SET CONSTRAINTS ALL IMMEDIATE;  -- a table with checks still to come can't be altered
    FOREACH source_name IN ARRAY sources LOOP
        back := back || alembic_safety.silence(to_regclass(source_name)) || alembic_safety.open_identities(to_regclass(source_name));
    END LOOP;
    SET CONSTRAINTS ALL DEFERRED;
    -- What goes may be referred to by what an update will change, and what comes back may need the place of what goes.
    FOREACH phases IN ARRAY ARRAY['delete insert update', 'insert update delete', 'update delete insert', 'deferred delete insert update'] LOOP
        BEGIN
            closing := CASE WHEN phases LIKE 'deferred %' THEN alembic_safety.open_foreign_keys(sources) ELSE '{}' END;
            said := alembic_safety.restore_in_order(entries, string_to_array(phases, ' '), false);
            SET CONSTRAINTS ALL IMMEDIATE;
            PERFORM alembic_safety.run_all(closing);
            EXIT;
        EXCEPTION WHEN integrity_constraint_violation OR data_exception THEN
            GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
            first_message := coalesce(first_message, message);
            first_detail := coalesce(first_detail, detail);
        END;
        SET CONSTRAINTS ALL DEFERRED;
    END LOOP;
    IF said IS NULL AND NOT keeping THEN
        RAISE EXCEPTION 'rows cannot be put back as they were: %', first_message USING ERRCODE = state, DETAIL = first_detail,
            HINT = 'change what is in the way, or put it aside into alembic_safety.conflict by -x safety.on_conflict=keep';
    ELSIF said IS NULL THEN
        said := alembic_safety.restore_in_order(entries, ARRAY['delete', 'insert', 'update'], true);
        SET CONSTRAINTS ALL IMMEDIATE;
    END IF;
    UPDATE alembic_safety.quarantine x SET returned = true WHERE x.number IN (SELECT e.number FROM unnest(entries) e);
    PERFORM alembic_safety.run_all(back);
    PERFORM alembic_safety.run_all(ARRAY(
        SELECT format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', x.source, o)
        FROM unnest(entries) e JOIN alembic_safety.quarantine x ON x.number = e.number, unnest(x.opened) o));
    RETURN QUERY SELECT unnest(said);
END $restore$;

-- Let foreign keys among these tables be checked at the end, where they go in a circle; returns what makes them as they were.
CREATE OR REPLACE FUNCTION alembic_safety.open_foreign_keys(sources text[]) RETURNS text[] LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    named text;
    back text[] := '{}';
BEGIN
    FOR named IN
        SELECT format('%s ALTER CONSTRAINT %I', f.conrelid::regclass, f.conname) FROM pg_constraint f
        WHERE f.contype = 'f' AND NOT f.condeferrable AND f.conparentid = 0
          AND f.conrelid IN (SELECT to_regclass(s) FROM unnest(sources) s) AND f.confrelid IN (SELECT to_regclass(s) FROM unnest(sources) s)
    LOOP
        EXECUTE format('ALTER TABLE %s DEFERRABLE INITIALLY DEFERRED', named);
        back := back || format('ALTER TABLE %s NOT DEFERRABLE', named);
    END LOOP;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN back;
END $$;

CREATE OR REPLACE FUNCTION alembic_safety.restore_in_order(entries alembic_safety.quarantine[], phases text[], one_by_one boolean) RETURNS text[] LANGUAGE plpgsql {pinned} AS $order$
DECLARE
    phase text;
    i integer;
    said text[] := '{}';
BEGIN
    FOREACH phase IN ARRAY phases LOOP
        FOR i IN 1 .. cardinality(entries) LOOP
            said := said || CASE phase
                WHEN 'deferred' THEN '{}'
                WHEN 'delete' THEN alembic_safety.take_away_added(entries[cardinality(entries) + 1 - i], one_by_one)
                WHEN 'insert' THEN alembic_safety.put_rows_back(entries[i], one_by_one)
                ELSE alembic_safety.put_values_back(entries[i], one_by_one) END;
        END LOOP;
    END LOOP;
    FOR i IN REVERSE cardinality(entries) .. 1 LOOP
        PERFORM alembic_safety.require_values(entries[i], one_by_one);
        PERFORM alembic_safety.require_checks(entries[i], one_by_one);
        PERFORM alembic_safety.require_unique(entries[i], one_by_one);
    END LOOP;
    RETURN said;
END $order$;

-- Put sequences where they were, or further where their rows need it.
CREATE OR REPLACE FUNCTION alembic_safety.set_positions(positions jsonb) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text;
    kept jsonb;
    step bigint;
    highest numeric;
    now_at bigint;
    called boolean;
    used regclass;
    in_column text;
BEGIN
    FOR name, kept IN SELECT * FROM jsonb_each(positions) LOOP
        CONTINUE WHEN to_regclass(name) IS NULL;
        SELECT s.seqincrement INTO step FROM pg_sequence s WHERE s.seqrelid = to_regclass(name);
        CONTINUE WHEN NOT FOUND;
        EXECUTE format('SELECT last_value, is_called FROM %s', name) INTO now_at, called;
        IF (NOT called) OR sign(now_at - (kept ->> 0)::bigint) <> sign(step) THEN
            now_at := (kept ->> 0)::bigint;
            called := (kept ->> 1)::boolean;
        END IF;
        SELECT d.refobjid::regclass, a.attname INTO used, in_column
        FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = to_regclass(name) AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
          AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype);
        IF FOUND THEN
            EXECUTE format('SELECT %s(%I) FROM %s', CASE WHEN step > 0 THEN 'max' ELSE 'min' END, in_column, used) INTO highest;
            IF sign(highest - now_at) = sign(step) OR (highest = now_at AND NOT called) THEN
                now_at := highest;
                called := true;
            END IF;
        END IF;
        PERFORM setval(to_regclass(name), now_at, called);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION alembic_safety.restore_sequence(in_table text, in_revision text, in_source text) RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    SELECT alembic_safety.set_positions(q.positions) FROM alembic_safety.quarantine q
    WHERE q.preservation = alembic_safety.preserved_by(in_table, in_revision) AND q.source = coalesce(to_regclass(in_source)::text, in_source) AND q.strategy = 'sequence'
$$;

-- After all is back: sequences are not behind, and what was kept counts as restored.
CREATE OR REPLACE FUNCTION alembic_safety.end_restore(in_table text, in_revision text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_number bigint := alembic_safety.preserved_by(in_table, in_revision);
    q alembic_safety.quarantine;
BEGIN
    FOR q IN SELECT * FROM alembic_safety.quarantine x WHERE x.preservation = found_number ORDER BY x.number LOOP
        PERFORM alembic_safety.set_positions(q.positions);
        EXECUTE format('DROP TABLE IF EXISTS alembic_safety.q%s_now', q.number);
    END LOOP;
    UPDATE alembic_safety.preservation p SET restored = clock_timestamp() WHERE p.number = found_number;
END $$;
