-- What was written since an upgrade and the old schema can't hold: it stops the downgrade with its number and examples, or is put aside.

-- A row of alias t as people read it: by its key, else all of it.
CREATE OR REPLACE FUNCTION alembic_safety.shown_row(q alembic_safety.quarantine) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN q.key = '{}' THEN 'to_jsonb(t)::text' ELSE alembic_safety.key_text(q, alembic_safety.key_terms(q, 'table', 't', q.columns)) END
$$;

-- Whether the old type holds a value; not known where that type is not there yet.
CREATE OR REPLACE FUNCTION alembic_safety.fits(value text, new_type text, old_type text, labels jsonb) RETURNS boolean LANGUAGE plpgsql {pinned} AS $fits$
DECLARE
    made text;
    way text;
BEGIN
    IF labels IS NOT NULL THEN
        RETURN CASE WHEN old_type LIKE '%[]' THEN NOT EXISTS (SELECT FROM unnest(value::text[]) e WHERE NOT labels ? e) ELSE labels ? value END;
    END IF;
    FOREACH way IN ARRAY ARRAY[format('%L::%s::%s', value, new_type, old_type), format('%L::%s', value, old_type)] LOOP
        BEGIN
            EXECUTE format('SELECT (%s)::text', way) INTO made;
            IF old_type !~ '^(character|bit)' OR rtrim(made) = rtrim(value) THEN
                RETURN true;
            END IF;
        EXCEPTION
            WHEN undefined_object THEN
                RETURN true;
            WHEN cannot_coerce OR data_exception OR integrity_constraint_violation THEN
                made := NULL;
        END;
    END LOOP;
    RETURN false;
END $fits$;

-- Values written since in columns that get their old type back.
CREATE OR REPLACE FUNCTION alembic_safety.hold_retyped(q alembic_safety.quarantine, keeping boolean) RETURNS void LANGUAGE plpgsql {pinned} AS $retyped$
DECLARE
    i integer;
    name text;
    filled boolean;
    new_type text;
    rows_found text;
    m text[] := alembic_safety.key_terms(q, 'made', 'm', NULL);
    n text[] := alembic_safety.key_terms(q, 'made', 'n', NULL);
    t text[] := alembic_safety.key_terms(q, 'table', 't', q.after_columns);
    mended bigint;
BEGIN
    FOR i, name, filled, new_type IN
        SELECT u.i, u.name, a.attnotnull, format_type(a.atttypid, a.atttypmod) FROM unnest(q.after_columns) WITH ORDINALITY AS u (name, i)
        JOIN pg_attribute a ON a.attrelid = to_regclass(q.after_source) AND a.attname = u.name AND NOT a.attisdropped
        WHERE NOT u.i = ANY (q.key) AND (format_type(a.atttypid, a.atttypmod) <> q.types[u.i] OR q.labels ? q.columns[u.i])
    LOOP
        rows_found := format('t.%I IS NOT NULL AND NOT alembic_safety.fits(t.%I::text, %L, %L, %L)', name, name, new_type, q.types[i], q.labels -> q.columns[i]);
        IF q.key <> '{}' THEN
            rows_found := format('NOT EXISTS (SELECT FROM alembic_safety.q%1$s_made m WHERE %2$s AND NOT EXISTS (SELECT FROM alembic_safety.q%1$s_now n WHERE %3$s AND n.changed[%4$s]))'
                ' AND %5$s', q.number, alembic_safety.all_equal(t, m), alembic_safety.all_equal(m, n), i, rows_found);
        END IF;
        IF NOT keeping THEN
            PERFORM alembic_safety.stop_for(q, format('hold values of column %I that type %s cannot hold', name, q.types[i]),
                format('FROM %s t WHERE %s', alembic_safety.rows_of(q, q.after_source), rows_found),
                format('%s || format(%L, t.%I::text)', alembic_safety.shown_row(q), ' (' || replace(name, '%', '%%') || ' = %s)', name));
            CONTINUE;
        END IF;
        EXECUTE format('INSERT INTO alembic_safety.conflict (revision, source, reason, at_downgrade)'
            ' SELECT (SELECT p.revision FROM alembic_safety.preservation p WHERE p.number = %s), %L, %L, to_jsonb(t) FROM %s t WHERE %s',
            q.preservation, q.source, format('type %s cannot hold its value of column %s', q.types[i], name), alembic_safety.rows_of(q, q.after_source), rows_found);
        GET DIAGNOSTICS mended = ROW_COUNT;
        CONTINUE WHEN mended = 0;
        IF filled THEN
            PERFORM alembic_safety.allow_null(q, i, name);
        END IF;
        IF q.key <> '{}' THEN  -- so that they get their old values
            EXECUTE format('UPDATE alembic_safety.q%s_now n SET changed[%s] = false FROM %s t WHERE %s AND %s', q.number, i,
                alembic_safety.rows_of(q, q.after_source), alembic_safety.all_equal(t, n), rows_found);
        END IF;
        EXECUTE format('UPDATE %s t SET %I = NULL WHERE t.%I IS NOT NULL AND NOT alembic_safety.fits(t.%I::text, %L, %L, %L)',
            alembic_safety.rows_of(q, q.after_source), name, name, name, new_type, q.types[i], q.labels -> q.columns[i]);
    END LOOP;
END $retyped$;

-- A column that becomes NULL for a while: whether it allowed none before the upgrade is seen to at the end.
CREATE OR REPLACE FUNCTION alembic_safety.allow_null(q alembic_safety.quarantine, place integer, name text) RETURNS void LANGUAGE plpgsql {pinned} AS $allow$
BEGIN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', q.after_source, name);
    IF q.required[place] THEN
        UPDATE alembic_safety.quarantine x SET opened = x.opened || q.columns[place] WHERE x.number = q.number;
    END IF;
END $allow$;

-- What the old schema can't hold: these rows go into the table of conflicts, or stop the downgrade. {t} stands for the table's alias.
CREATE OR REPLACE FUNCTION alembic_safety.put_aside_or_stop(q alembic_safety.quarantine, keeping boolean, going text, why text, told text) RETURNS void LANGUAGE plpgsql {pinned} AS $unheld$
BEGIN
    IF keeping THEN
        PERFORM alembic_safety.put_rows_aside(q, going, why);
    ELSE
        PERFORM alembic_safety.stop_for(q, told, format('FROM %s t WHERE %s', alembic_safety.rows_of(q, q.source), replace(going, '{t}', 't')), alembic_safety.shown_row(q));
    END IF;
END $unheld$;

-- Columns that will allow no NULL again: rows written since the upgrade may have nothing for them.
CREATE OR REPLACE FUNCTION alembic_safety.require_values(q alembic_safety.quarantine, keeping boolean) RETURNS void LANGUAGE plpgsql {pinned} AS $require$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT u.name FROM unnest(q.columns) WITH ORDINALITY AS u (name, i)
        JOIN pg_attribute a ON a.attrelid = to_regclass(q.source) AND a.attname = u.name AND NOT a.attisdropped AND NOT a.attnotnull
        WHERE q.required[u.i]
    LOOP
        PERFORM alembic_safety.put_aside_or_stop(q, keeping, format('{t}.%I IS NULL', name),
            format('written since the upgrade, and column %I may not be NULL', name),
            format('were written since the upgrade, and have no value for column %I, which may not be NULL', name));
    END LOOP;
END $require$;

-- Checks that are not there again yet.
CREATE OR REPLACE FUNCTION alembic_safety.require_checks(q alembic_safety.quarantine, keeping boolean) RETURNS void LANGUAGE plpgsql {pinned} AS $checks$
DECLARE
    name text;
    condition text;
    violated bigint;
BEGIN
    FOR name, condition IN
        SELECT x.key, x.value FROM jsonb_each_text(q.checks) x
        WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = to_regclass(q.source) AND k.contype = 'c' AND k.conname = x.key)
    LOOP
        BEGIN
            EXECUTE format('SELECT count(*) FROM %s t WHERE (%s) IS FALSE', alembic_safety.rows_of(q, q.source), condition) INTO violated;
        EXCEPTION WHEN OTHERS THEN
            CONTINUE;  -- it can't be asked yet: the server will, when the constraint comes back
        END;
        IF violated > 0 THEN
            PERFORM alembic_safety.put_aside_or_stop(q, keeping,
                format('({t}.tableoid, {t}.ctid) IN (SELECT tableoid, ctid FROM %s WHERE (%s) IS FALSE)', alembic_safety.rows_of(q, q.source), condition),
                format('constraint %I is violated', name), format('violate constraint %I', name));
        END IF;
    END LOOP;
END $checks$;

-- Unique keys that are not there again yet.
CREATE OR REPLACE FUNCTION alembic_safety.require_unique(q alembic_safety.quarantine, keeping boolean) RETURNS void LANGUAGE plpgsql {pinned} AS $unique$
DECLARE
    names text[];
    same text;
    doubled text;
BEGIN
    FOR names IN
        SELECT x.names FROM jsonb_array_elements(q.uniques) u, LATERAL (SELECT array_agg(e) AS names FROM jsonb_array_elements_text(u) e) x
        WHERE (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = to_regclass(q.source) AND a.attname = ANY (x.names) AND NOT a.attisdropped) = cardinality(x.names)
          AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = to_regclass(q.source) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
            AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
                = (SELECT array_agg(n ORDER BY n) FROM unnest(x.names) n))
    LOOP
        SELECT string_agg(format('o.%I = {t}.%I', n, n), ' AND ') INTO same FROM unnest(names) n;
        doubled := format('EXISTS (SELECT FROM %s o WHERE %s AND (o.tableoid, o.ctid) %s ({t}.tableoid, {t}.ctid))', alembic_safety.rows_of(q, q.source), same,
            CASE WHEN keeping THEN '<' ELSE '<>' END);
        IF keeping AND q.key <> '{}' THEN  -- of two rows the one stays that was there before, or else comes first
            doubled := format('EXISTS (SELECT FROM %s o WHERE %s AND (NOT %s, o.tableoid, o.ctid) < (NOT %s, {t}.tableoid, {t}.ctid))', alembic_safety.rows_of(q, q.source), same,
                alembic_safety.was_there(q, 'o'), alembic_safety.was_there(q, '{t}'));
        END IF;
        PERFORM alembic_safety.put_aside_or_stop(q, keeping, doubled,
            format('another row has its values of %s, which are unique again', array_to_string(names, ', ')),
            format('have the same values of %s, which are unique again', array_to_string(names, ', ')));
    END LOOP;
END $unique$;

-- Whether what is kept of the time before the upgrade has a row with the key of alias.
CREATE OR REPLACE FUNCTION alembic_safety.was_there(q alembic_safety.quarantine, alias text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('EXISTS (SELECT FROM alembic_safety.q%s_old p WHERE %s)', q.number,
        alembic_safety.all_equal(alembic_safety.key_terms(q, 'old', 'p', NULL), alembic_safety.key_terms(q, 'table', alias, q.columns)))
$$;

-- Move rows into the table of conflicts; {t} stands for the table's alias in the condition.
CREATE OR REPLACE FUNCTION alembic_safety.put_rows_aside(q alembic_safety.quarantine, going text, why text) RETURNS void LANGUAGE plpgsql {pinned} AS $aside$
BEGIN
    PERFORM alembic_safety.stop_for_followers(q, going, 'that cannot stay');
    EXECUTE format('WITH gone AS (DELETE FROM %s t WHERE %s RETURNING to_jsonb(t) AS image)'
        ' INSERT INTO alembic_safety.conflict (revision, source, reason, at_downgrade)'
        ' SELECT (SELECT p.revision FROM alembic_safety.preservation p WHERE p.number = %s), %L, %L, gone.image FROM gone',
        alembic_safety.rows_of(q, q.source), replace(going, '{t}', 't'), q.preservation, q.source, why);
END $aside$;

-- Rows that are in the way of a downgrade whose upgrade kept nothing of their table, or not the column: a value goes where the column may be NULL, else the row.
-- places: a SELECT of tableoid and ctid. Returns how many it found.
CREATE OR REPLACE FUNCTION alembic_safety.put_unfit_aside(in_table text, in_revision text, source text, places text, why text, emptied text) RETURNS bigint LANGUAGE plpgsql {pinned} AS $unfit$
DECLARE
    q alembic_safety.quarantine;
    rel oid := to_regclass(source);
    met text := format('({t}.tableoid, {t}.ctid) IN (%s)', places);
    moved bigint;
    back text[];
BEGIN
    IF EXISTS (
        SELECT FROM alembic_safety.quarantine x WHERE to_regclass(x.after_source) = rel AND x.strategy <> 'sequence' AND NOT x.returned
            AND (x.strategy <> 'columns' OR emptied IS NULL OR emptied = ANY (x.after_columns)) AND x.preservation =
            (SELECT max(p.number) FROM alembic_safety.preservation p WHERE p.version_table = in_table AND p.revision = in_revision AND p.restored IS NULL)
    ) THEN
        RETURN 0;  -- the downgrade itself looks after that table or column, and has the old values
    END IF;
    EXECUTE format('SELECT count(*) FROM (%s) x', places) INTO moved;
    IF moved = 0 THEN
        RETURN 0;
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;  -- a table with checks still to come can't be altered
    back := alembic_safety.silence(rel);
    q.source := source;
    q.key := '{}';
    q.alone := false;
    IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = rel AND a.attname = emptied AND NOT a.attisdropped AND NOT a.attnotnull) THEN
        EXECUTE format('INSERT INTO alembic_safety.conflict (revision, source, reason, at_downgrade) SELECT %L, %L, %L, to_jsonb(t) FROM %s t WHERE %s',
            in_revision, source, why, source, replace(met, '{t}', 't'));
        EXECUTE format('UPDATE %s t SET %I = NULL WHERE %s', source, emptied, replace(met, '{t}', 't'));
    ELSE
        PERFORM alembic_safety.stop_for_followers(q, met, 'that cannot stay');
        EXECUTE format('WITH gone AS (DELETE FROM %s t WHERE %s RETURNING to_jsonb(t) AS image)'
            ' INSERT INTO alembic_safety.conflict (revision, source, reason, at_downgrade) SELECT %L, %L, %L, gone.image FROM gone',
            source, replace(met, '{t}', 't'), in_revision, source, why);
    END IF;
    SET CONSTRAINTS ALL IMMEDIATE;
    PERFORM alembic_safety.run_all(back);
    RETURN moved;
END $unfit$;
