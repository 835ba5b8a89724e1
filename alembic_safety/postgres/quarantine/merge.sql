-- Run a statement for all rows at once; or one by one, with those that fail put aside. {row} is where one row is chosen.
CREATE OR REPLACE FUNCTION alembic_safety.for_each(q alembic_safety.quarantine, listing text, statement text, one_by_one boolean) RETURNS bigint LANGUAGE plpgsql {pinned} AS $each$
DECLARE
    done bigint := 0;
    affected bigint;
    chosen tid;
    image jsonb;
BEGIN
    PERFORM set_config('search_path', concat_ws(', ', 'pg_catalog', NULLIF(current_setting('alembic_safety.search_path', true), ''), 'pg_temp'), true);
    IF NOT one_by_one THEN
        EXECUTE replace(statement, '{row}', '');
        GET DIAGNOSTICS done = ROW_COUNT;
        RETURN done;
    END IF;
    FOR chosen, image IN EXECUTE listing LOOP
        BEGIN
            EXECUTE replace(statement, '{row}', format(' AND o.ctid = %L::tid', chosen));
            GET DIAGNOSTICS affected = ROW_COUNT;
            SET CONSTRAINTS ALL IMMEDIATE;
            SET CONSTRAINTS ALL DEFERRED;
            done := done + affected;
        EXCEPTION WHEN integrity_constraint_violation OR data_exception THEN
            PERFORM alembic_safety.put_aside(q, SQLERRM, image, NULL);
        END;
    END LOOP;
    RETURN done;
END $each$;

CREATE OR REPLACE FUNCTION alembic_safety.put_aside(q alembic_safety.quarantine, why text, old_row jsonb, new_row jsonb) RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO alembic_safety.conflict (revision, source, reason, before_upgrade, at_downgrade)
    SELECT p.revision, q.source, why, old_row, new_row FROM alembic_safety.preservation p WHERE p.number = q.preservation
$$;

-- An old row as JSON with the names that its columns had.
CREATE OR REPLACE FUNCTION alembic_safety.old_row_of(q alembic_safety.quarantine) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('(SELECT to_jsonb(r) FROM (SELECT %s) r)', string_agg(format('o.c%s AS %I', u.i, u.name), ', ' ORDER BY u.i))
    FROM unnest(q.columns) WITH ORDINALITY AS u (name, i)
$$;

-- A key as people read it: (id) = (7).
CREATE OR REPLACE FUNCTION alembic_safety.key_text(q alembic_safety.quarantine, terms text[]) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('format(%L, %s)', (SELECT string_agg(replace(q.columns[u.p], '%', '%%') || ' = %s', ', ' ORDER BY u.j) FROM unnest(q.key) WITH ORDINALITY AS u (p, j)),
        array_to_string(terms, ', '))
$$;

CREATE OR REPLACE FUNCTION alembic_safety.stop_for(q alembic_safety.quarantine, what text, found_rows text, shown text) RETURNS void LANGUAGE plpgsql {pinned} AS $stop$
DECLARE
    many bigint;
    examples text;
BEGIN
    EXECUTE format('SELECT count(*), (array_agg(x.shown))[1:3]::text FROM (SELECT %s AS shown %s ORDER BY 1) x', shown, found_rows) INTO many, examples;
    IF many > 0 THEN
        RAISE EXCEPTION '%: % rows %', q.source, many, what USING ERRCODE = 'integrity_constraint_violation', DETAIL = 'for example ' || examples;
    END IF;
END $stop$;

-- Rows that the upgrade inserted and nobody touched since go.
CREATE OR REPLACE FUNCTION alembic_safety.take_away_added(q alembic_safety.quarantine, one_by_one boolean) RETURNS text[] LANGUAGE plpgsql {pinned} AS $added$
DECLARE
    t text[];
    m text[] := alembic_safety.key_terms(q, 'made', 'o', NULL);
    source_rows text;
    done bigint;
    left_over bigint;
BEGIN
    IF NOT q.made OR q.key = '{}' OR q.strategy = 'columns' THEN
        RETURN '{}';
    END IF;
    t := alembic_safety.key_terms(q, 'table', 't', q.columns);
    PERFORM alembic_safety.stop_for_followers(q, alembic_safety.goes(q, '{t}'), 'that the upgrade inserted');
    source_rows := format('NOT EXISTS (SELECT FROM alembic_safety.q%s_old p WHERE %s)', q.number,
        alembic_safety.all_equal(alembic_safety.key_terms(q, 'old', 'p', NULL), m));
    done := alembic_safety.for_each(q,
        format('SELECT o.ctid, to_jsonb(o) FROM alembic_safety.q%s_made o WHERE %s', q.number, source_rows),
        format('DELETE FROM %s t USING alembic_safety.q%s_made o WHERE %s AND %s AND NOT EXISTS (SELECT FROM alembic_safety.q%s_now n WHERE %s){row}',
            alembic_safety.rows_of(q, q.source), q.number, alembic_safety.all_equal(t, m), source_rows, q.number,
            alembic_safety.all_equal(alembic_safety.key_terms(q, 'made', 'n', NULL), m)), one_by_one);
    EXECUTE format('SELECT count(*) FROM alembic_safety.q%s_now o WHERE %s', q.number, source_rows) INTO left_over;
    RETURN CASE WHEN done > 0 THEN ARRAY[format('%s: %s rows that the upgrade had inserted were taken away', q.source, done)] ELSE '{}' END
        || CASE WHEN left_over > 0 THEN ARRAY[format('%s: %s rows that the upgrade had inserted were changed since, and stay', q.source, left_over)] ELSE '{}' END;
END $added$;

-- Whether a row of alias is one that the upgrade inserted and nobody touched since.
CREATE OR REPLACE FUNCTION alembic_safety.goes(q alembic_safety.quarantine, alias text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT format('(EXISTS (SELECT FROM alembic_safety.q%1$s_made m WHERE %2$s) AND NOT EXISTS (SELECT FROM alembic_safety.q%1$s_old p WHERE %3$s)'
        ' AND NOT EXISTS (SELECT FROM alembic_safety.q%1$s_now n WHERE %4$s))', q.number,
        alembic_safety.all_equal(x.t, alembic_safety.key_terms(q, 'made', 'm', NULL)), alembic_safety.all_equal(x.t, alembic_safety.key_terms(q, 'old', 'p', NULL)),
        alembic_safety.all_equal(x.t, alembic_safety.key_terms(q, 'made', 'n', NULL)))
    FROM (SELECT alembic_safety.key_terms(q, 'table', alias, q.columns) AS t) x
$$;

-- A foreign key that cascades would take other rows along: those that refer to what goes stop it.
-- {t} stands for the alias in the condition.
CREATE OR REPLACE FUNCTION alembic_safety.stop_for_followers(q alembic_safety.quarantine, going text, words text) RETURNS void LANGUAGE plpgsql {pinned} AS $followers$
DECLARE
    follower oid;
    fkey_name text;
    joined text;
BEGIN
    FOR follower, fkey_name, joined IN
        SELECT f.conrelid, f.conname, string_agg(format('c.%I = t.%I', l.attname, r.attname), ' AND ')
        FROM pg_constraint f CROSS JOIN LATERAL unnest(f.conkey, f.confkey) AS u (here, there)
        JOIN pg_attribute l ON l.attrelid = f.conrelid AND l.attnum = u.here
        JOIN pg_attribute r ON r.attrelid = f.confrelid AND r.attnum = u.there
        WHERE f.contype = 'f' AND f.conparentid = 0 AND f.confrelid = to_regclass(q.source) AND f.confdeltype IN ('c', 'n', 'd')
        GROUP BY f.oid, f.conrelid, f.conname
    LOOP
        PERFORM alembic_safety.stop_for(q, format('%s are referred to by %s (%s)', words, follower::regclass, fkey_name),
            format('FROM %s t JOIN %s c ON %s WHERE (%s)%s', alembic_safety.rows_of(q, q.source), follower::regclass, joined, replace(going, '{t}', 't'),
                CASE WHEN follower = to_regclass(q.source) THEN format(' AND NOT coalesce((%s), false)', replace(going, '{t}', 'c')) ELSE '' END),
            alembic_safety.shown_row(q));
    END LOOP;
END $followers$;

-- Whether an old row refers to one that is not there any more; NULL where that can't be said yet.
CREATE OR REPLACE FUNCTION alembic_safety.orphan_of(q alembic_safety.quarantine, parent jsonb, may_come boolean) RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    rel oid := to_regclass(parent ->> 'table');
    filled text;
    same text;
    same_old text;
    other alembic_safety.quarantine;
    coming text := '';
BEGIN
    IF rel IS NULL OR (rel <> to_regclass(q.source) AND EXISTS (
        SELECT FROM alembic_safety.quarantine x WHERE x.preservation = q.preservation AND x.source = rel::regclass::text AND NOT x.returned
            AND (x.after_source IS NULL OR (x.strategy = 'table' AND x.key = '{}')))) THEN
        RETURN NULL;  -- its own rows come back at another moment
    END IF;
    SELECT string_agg(format('o.c%s IS NOT NULL', u.p), ' AND '),
        string_agg(format(CASE WHEN q.typed[u.p] AND (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = rel AND a.attname = u.there AND NOT a.attisdropped) = q.types[u.p]
            THEN 'f.%I = o.c%s' ELSE 'f.%I::text COLLATE "C" = o.c%s::text COLLATE "C"' END, u.there, u.p), ' AND '),
        string_agg(format('f.c%s = o.c%s', array_position(q.columns, u.there), u.p), ' AND ')
    INTO filled, same, same_old
    FROM (SELECT array_position(q.columns, h) AS p, t AS there
          FROM unnest(ARRAY(SELECT jsonb_array_elements_text(parent -> 'here')), ARRAY(SELECT jsonb_array_elements_text(parent -> 'there'))) AS x (h, t)) u
    WHERE u.p IS NOT NULL AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = rel AND a.attname = u.there AND NOT a.attisdropped)
    HAVING count(*) = jsonb_array_length(parent -> 'here');
    IF filled IS NULL THEN
        RETURN NULL;  -- not all of its columns are kept
    END IF;
    -- What the upgrade deleted there comes back as well, perhaps later; one by one it is there by now, or can't be held.
    FOR other IN SELECT * FROM alembic_safety.quarantine y WHERE y.preservation = q.preservation AND y.source = rel::regclass::text AND rel <> to_regclass(q.source)
        AND y.strategy IN ('rows', 'table') AND y.made AND NOT y.returned AND y.key <> '{}' AND may_come LOOP
        coming := coming || (SELECT format(' AND NOT EXISTS (SELECT FROM alembic_safety.q%1$s_old f WHERE %2$s AND NOT EXISTS (SELECT FROM alembic_safety.q%1$s_made m WHERE %3$s))', other.number,
                string_agg(format('f.c%s::text COLLATE "C" = o.c%s::text COLLATE "C"', array_position(other.columns, u.t), array_position(q.columns, u.h)), ' AND '),
                alembic_safety.all_equal(alembic_safety.key_terms(other, 'old', 'f', NULL), alembic_safety.key_terms(other, 'made', 'm', NULL)))
            FROM unnest(ARRAY(SELECT jsonb_array_elements_text(parent -> 'here')), ARRAY(SELECT jsonb_array_elements_text(parent -> 'there'))) AS u (h, t));
    END LOOP;
    RETURN format('(%s AND NOT EXISTS (SELECT FROM %s f WHERE %s)%s%s)', filled, rel::regclass, same, coming,
        CASE WHEN rel = to_regclass(q.source) THEN format(' AND NOT EXISTS (SELECT FROM alembic_safety.q%s_old f WHERE %s)', q.number, same_old) ELSE '' END);
END $$;

-- For each column the condition under which it comes back as NULL; one more foreign key is taken into account.
CREATE OR REPLACE FUNCTION alembic_safety.emptied_by(q alembic_safety.quarantine, emptied text[], parent jsonb, orphan text) RETURNS text[] LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(CASE WHEN parent -> 'here' ? u.name THEN coalesce(emptied[u.i] || ' OR ', '') || orphan ELSE emptied[u.i] END ORDER BY u.i)
    FROM unnest(q.columns) WITH ORDINALITY AS u (name, i)
$$;

-- Rows that the upgrade deleted (or all, where it dropped the table) come back.
CREATE OR REPLACE FUNCTION alembic_safety.put_rows_back(q alembic_safety.quarantine, one_by_one boolean) RETURNS text[] LANGUAGE plpgsql {pinned} AS $rows$
DECLARE
    into_columns text;
    listed text;
    said text[] := '{}';
    parent jsonb;
    orphan text;
    emptied text[] := '{}';
    without bigint;
    shown text := CASE WHEN q.key = '{}' THEN alembic_safety.old_row_of(q) || '::text' ELSE alembic_safety.key_text(q, alembic_safety.key_terms(q, 'old', 'o', NULL)) END;
    o text[] := alembic_safety.key_terms(q, 'old', 'o', NULL);
    t text[] := alembic_safety.key_terms(q, 'table', 't', q.columns);
    gone text := 'true';
    taken text := '';
    done bigint;
    source_rows text;
BEGIN
    IF q.strategy = 'columns' THEN
        RETURN '{}';
    END IF;
    IF q.made AND q.key <> '{}' THEN
        gone := format('NOT EXISTS (SELECT FROM alembic_safety.q%s_made m WHERE %s)', q.number,
            alembic_safety.all_equal(alembic_safety.key_terms(q, 'made', 'm', NULL), o));
        taken := format('FROM alembic_safety.q%s_old o JOIN %s t ON %s WHERE %s', q.number, alembic_safety.rows_of(q, q.source),
            alembic_safety.all_equal(t, o), gone);
        IF one_by_one THEN
            EXECUTE format('INSERT INTO alembic_safety.conflict (revision, source, reason, before_upgrade, at_downgrade)'
                ' SELECT (SELECT p.revision FROM alembic_safety.preservation p WHERE p.number = %s), %L, %L, %s, to_jsonb(t) %s',
                q.preservation, q.source, 'its key is in use again', alembic_safety.old_row_of(q), taken);
            gone := format('%s AND NOT EXISTS (SELECT FROM %s t WHERE %s)', gone, alembic_safety.rows_of(q, q.source), alembic_safety.all_equal(t, o));
        ELSE
            PERFORM alembic_safety.stop_for(q, 'that the upgrade deleted have their keys in use again', taken, alembic_safety.key_text(q, o));
        END IF;
    ELSIF q.made THEN
        gone := alembic_safety.unkeyed_left(q, one_by_one);
    END IF;
    FOR parent IN SELECT jsonb_array_elements(q.parents) LOOP
        orphan := alembic_safety.orphan_of(q, parent, NOT one_by_one);
        CONTINUE WHEN orphan IS NULL;
        source_rows := format('FROM alembic_safety.q%s_old o WHERE %s AND %s', q.number, gone, orphan);
        IF parent ->> 'action' = 'n' THEN
            emptied := alembic_safety.emptied_by(q, emptied, parent, orphan);
            CONTINUE;
        ELSIF parent ->> 'action' = 'c' THEN
            EXECUTE 'SELECT count(*) ' || source_rows INTO without;
            IF without > 0 THEN
                said := said || format('%s: %s rows were not put back, since rows of %s that they refer to were deleted since (ON DELETE CASCADE)', q.source, without, parent ->> 'table');
            END IF;
        ELSIF one_by_one THEN
            EXECUTE format('INSERT INTO alembic_safety.conflict (revision, source, reason, before_upgrade)'
                ' SELECT (SELECT p.revision FROM alembic_safety.preservation p WHERE p.number = %s), %L, %L, %s %s',
                q.preservation, q.source, 'what it refers to was deleted since', alembic_safety.old_row_of(q), source_rows);
        ELSE
            PERFORM alembic_safety.stop_for(q, format('refer to rows of %s that were deleted since', parent ->> 'table'), source_rows, shown);
        END IF;
        gone := format('%s AND NOT %s', gone, orphan);
    END LOOP;
    SELECT string_agg(format('%I', a.attname), ', ' ORDER BY u.i),
        string_agg(CASE WHEN emptied[u.i] IS NULL THEN '' ELSE format('CASE WHEN %s THEN NULL ELSE ', emptied[u.i]) END || CASE WHEN q.typed[u.i] THEN format('o.c%s', u.i) ELSE format('o.c%s::%s', u.i, format_type(a.atttypid, a.atttypmod)) END
            || CASE WHEN emptied[u.i] IS NULL THEN '' ELSE ' END' END, ', ' ORDER BY u.i)
    INTO into_columns, listed
    FROM unnest(q.columns) WITH ORDINALITY AS u (name, i)
    JOIN pg_attribute a ON a.attrelid = to_regclass(q.source) AND a.attname = u.name AND NOT a.attisdropped AND a.attgenerated = '';
    source_rows := format('FROM alembic_safety.q%s_old o WHERE %s', q.number, gone);
    done := alembic_safety.for_each(q, format('SELECT o.ctid, %s %s', coalesce(alembic_safety.old_row_of(q), 'NULL::jsonb'), source_rows),
        format('INSERT INTO %s %s OVERRIDING SYSTEM VALUE SELECT %s %s{row}', q.source, '(' || into_columns || ')', listed, source_rows), one_by_one);
    RETURN CASE WHEN done > 0 THEN said || format('%s: %s rows were put back', q.source, done) ELSE said END;
END $rows$;

-- Let UPDATE set columns that are GENERATED ALWAYS AS IDENTITY; returns what makes them so again.
CREATE OR REPLACE FUNCTION alembic_safety.open_identities(rel oid) RETURNS text[] LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text;
    back text[] := '{}';
BEGIN
    FOR name IN
        SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.attrelid = rel AND a.attidentity = 'a' AND NOT a.attisdropped AND NOT c.relispartition
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET GENERATED BY DEFAULT', rel::regclass, name);
        back := back || format('ALTER TABLE %s ALTER COLUMN %I SET GENERATED ALWAYS', rel::regclass, name);
    END LOOP;
    RETURN back;
END $$;

-- Which old rows without a key come back: all but those whose rows were changed or deleted since the upgrade.
CREATE OR REPLACE FUNCTION alembic_safety.unkeyed_left(q alembic_safety.quarantine, keeping boolean) RETURNS text LANGUAGE plpgsql {pinned} AS $left$
DECLARE
    missing bigint;
    linked bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM alembic_safety.q%s_now', q.number) INTO missing;
    IF missing = 0 THEN
        RETURN 'true';
    END IF;
    IF q.updated THEN
        linked := 0;  -- a row that looks like an old one may be another one, updated
    ELSE
        linked := alembic_safety.leave_out_unkeyed(q);
    END IF;
    IF linked < missing AND NOT keeping THEN
        RAISE EXCEPTION '%: % rows were changed or deleted since the upgrade, which had changed them too, and without a key nothing tells what they were',
            q.source, missing - linked USING ERRCODE = 'integrity_constraint_violation';
    ELSIF linked < missing THEN
        PERFORM alembic_safety.put_aside(q, format('%s rows without a key were changed since; all old rows came back beside them', missing - linked), NULL, NULL);
    END IF;
    RETURN 'true';
END $left$;

-- Take the old images of rows away that were changed or deleted since an upgrade that updated none; returns how many were found.
CREATE OR REPLACE FUNCTION alembic_safety.leave_out_unkeyed(q alembic_safety.quarantine) RETURNS bigint LANGUAGE plpgsql {pinned} AS $out$
DECLARE
    linked bigint;
    image text;
BEGIN
    SELECT 'ARRAY[' || string_agg(CASE WHEN u.name IS NULL OR u.i = ANY (q.key) THEN 'NULL' ELSE format('hashtextextended(o.c%s::text COLLATE "C", 0)', u.i) END, ', ' ORDER BY u.i)
        || ']::bigint[]' INTO image FROM unnest(q.after_columns) WITH ORDINALITY AS u (name, i);
    EXECUTE format('CREATE TEMP TABLE alembic_safety_left ON COMMIT DROP AS SELECT x.at FROM'
        ' (SELECT o.ctid AS at, %2$s AS image, row_number() OVER (PARTITION BY %2$s) AS n FROM alembic_safety.q%1$s_old o) x'
        ' JOIN (SELECT m.made[1:%3$s] AS image, row_number() OVER (PARTITION BY m.made[1:%3$s]) AS n FROM alembic_safety.q%1$s_now m) m ON m.image = x.image AND m.n = x.n',
        q.number, image, cardinality(q.columns));
    EXECUTE 'SELECT count(*) FROM pg_temp.alembic_safety_left' INTO linked;
    EXECUTE format('DELETE FROM alembic_safety.q%s_old o USING pg_temp.alembic_safety_left l WHERE o.ctid = l.at', q.number);
    DROP TABLE pg_temp.alembic_safety_left;
    RETURN linked;
END $out$;

-- Values that the upgrade changed or dropped come back, where nobody changed them since.
CREATE OR REPLACE FUNCTION alembic_safety.put_values_back(q alembic_safety.quarantine, one_by_one boolean) RETURNS text[] LANGUAGE plpgsql {pinned} AS $values$
DECLARE
    o text[] := alembic_safety.key_terms(q, 'old', 'o', NULL);
    t text[] := alembic_safety.key_terms(q, 'table', 't', q.columns);
    touched boolean := false;
    parent jsonb;
    orphan text;
    emptied text[] := '{}';
    setting text;
    differs text;
    sources text;
    kept bigint := 0;
    done bigint;
    said text[] := '{}';
BEGIN
    IF q.key = '{}' OR (q.strategy <> 'columns' AND NOT q.made) THEN
        RETURN '{}';
    END IF;
    sources := format('alembic_safety.q%s_old o', q.number);
    IF q.made THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM alembic_safety.q%s_now)', q.number) INTO touched;
        sources := sources || format(' JOIN alembic_safety.q%s_made m ON %s', q.number, alembic_safety.all_equal(o, alembic_safety.key_terms(q, 'made', 'm', NULL)));
    END IF;
    IF touched THEN
        sources := sources || format(' LEFT JOIN alembic_safety.q%s_now n ON %s', q.number, alembic_safety.all_equal(o, alembic_safety.key_terms(q, 'made', 'n', NULL)));
    END IF;
    FOR parent IN SELECT jsonb_array_elements(q.parents) LOOP
        orphan := alembic_safety.orphan_of(q, parent, NOT one_by_one);
        IF orphan IS NOT NULL AND (q.strategy = 'columns' OR parent ->> 'action' = 'n') THEN
            emptied := alembic_safety.emptied_by(q, emptied, parent, orphan);
            IF parent ->> 'action' <> 'n' AND NOT one_by_one THEN
                PERFORM alembic_safety.stop_for(q, format('refer to rows of %s that were deleted since', parent ->> 'table'),
                    format('FROM %s JOIN %s t ON %s WHERE %s', sources, alembic_safety.rows_of(q, q.source), alembic_safety.all_equal(t, o), orphan),
                    alembic_safety.key_text(q, o));
            END IF;
        END IF;
    END LOOP;
    SELECT string_agg(format(CASE WHEN touched THEN '%1$I = CASE WHEN n.changed[%3$s] THEN t.%1$I ELSE %2$s END' ELSE '%1$I = %2$s' END, a.attname, x.old, u.i), ', ' ORDER BY u.i),
        'ROW(' || string_agg(format('t.%I', a.attname), ', ' ORDER BY u.i) || ')::text IS DISTINCT FROM ROW('
            || string_agg(format(CASE WHEN touched THEN 'CASE WHEN n.changed[%3$s] THEN t.%1$I ELSE %2$s END' ELSE '%2$s' END, a.attname, x.old, u.i), ', ' ORDER BY u.i) || ')::text'
    INTO setting, differs
    FROM unnest(q.columns) WITH ORDINALITY AS u (name, i)
    JOIN pg_attribute a ON a.attrelid = to_regclass(q.source) AND a.attname = u.name AND NOT a.attisdropped AND a.attgenerated = '',
    LATERAL (SELECT CASE WHEN q.typed[u.i] AND format_type(a.atttypid, a.atttypmod) = q.types[u.i] THEN format('o.c%s', u.i)
        WHEN q.typed[u.i] THEN format('o.c%s::text::%s', u.i, format_type(a.atttypid, a.atttypmod))
        ELSE format('o.c%s::%s', u.i, format_type(a.atttypid, a.atttypmod)) END AS kept) AS y,
    LATERAL (SELECT CASE WHEN emptied[u.i] IS NULL THEN y.kept ELSE format('CASE WHEN %s THEN NULL ELSE %s END', emptied[u.i], y.kept) END AS old) AS x
    WHERE NOT u.i = ANY (q.key);
    IF setting IS NULL THEN
        RETURN '{}';
    END IF;
    done := alembic_safety.for_each(q, format('SELECT o.ctid, %s FROM alembic_safety.q%s_old o', alembic_safety.old_row_of(q), q.number),
        format('UPDATE %s t SET %s FROM %s WHERE %s AND %s{row}', alembic_safety.rows_of(q, q.source), setting, sources, alembic_safety.all_equal(t, o),
            CASE WHEN q.strategy = 'columns' AND NOT q.made THEN 'true' ELSE differs END), one_by_one);
    IF done > 0 THEN
        said := said || format('%s: %s rows got their old values', q.source, done);
    END IF;
    IF touched THEN
        EXECUTE format('SELECT count(*) FROM %s WHERE true = ANY (n.changed[1:%s])', sources, cardinality(q.columns)) INTO kept;
    END IF;
    IF kept > 0 THEN
        said := said || format('%s: %s rows were changed since the upgrade, and keep what was written then', q.source, kept);
    END IF;
    RETURN said;
END $values$;
