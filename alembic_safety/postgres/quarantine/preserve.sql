-- The preservation that this revision's upgrade is filling; opened with the first call.
CREATE OR REPLACE FUNCTION alembic_safety.open_preservation(in_table text, in_revision text) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_number bigint;
BEGIN
    SELECT p.number INTO found_number FROM alembic_safety.preservation p
    WHERE p.version_table = in_table AND p.revision = in_revision AND p.finished IS NULL AND p.restored IS NULL
    ORDER BY p.number DESC LIMIT 1;
    IF found_number IS NULL THEN
        INSERT INTO alembic_safety.preservation (version_table, revision, backend, opened_in, tables, counted)
        SELECT in_table, in_revision, pg_backend_pid(), pg_current_xact_id()::text,
            (SELECT array_agg(c.oid) FROM pg_class c WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= 16384
               AND c.relname <> (SELECT x.part[cardinality(x.part)] FROM parse_ident(in_table) AS x (part)) AND c.relnamespace <> 'alembic_safety'::regnamespace),
            (SELECT coalesce(jsonb_object_agg(s.relid::text, s.n_tup_ins + s.n_tup_upd + s.n_tup_del), '{}') FROM pg_stat_xact_all_tables s
             WHERE (s.relid >= 16384 OR s.relid = 'pg_largeobject'::regclass) AND s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0)
        RETURNING number INTO found_number;
    ELSE
        -- An earlier attempt committed a part of itself and failed: what it kept is what was there before.
        UPDATE alembic_safety.preservation p SET backend = pg_backend_pid() WHERE p.number = found_number AND p.backend IS DISTINCT FROM pg_backend_pid();
    END IF;
    RETURN found_number;
END $$;

-- Keep what an upgrade is about to change of a table. in_rewrites: its rows are expected to be in another file afterwards; of a whole
-- table, in another table that has its name then.
CREATE OR REPLACE FUNCTION alembic_safety.preserve(
    in_table text, in_revision text, in_asked text, in_source text,
    only_columns text[] DEFAULT NULL, by_key text[] DEFAULT NULL, in_rewrites boolean DEFAULT false
) RETURNS bigint LANGUAGE plpgsql {pinned} AS $preserve$
DECLARE
    rel oid := to_regclass(in_source);
    kind "char";
    has_kin boolean;
    q alembic_safety.quarantine;
    key_numbers int2[];
    listed text;
    back text[];
    sequence_of regclass;
    last_of bigint;
    called boolean;
BEGIN
    SELECT c.relkind, c.relkind = 'r' AND NOT c.relispartition AND EXISTS (
        SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid)
    INTO kind, has_kin FROM pg_class c WHERE c.oid = rel;
    q.preservation := alembic_safety.open_preservation(in_table, in_revision);
    SELECT x.number INTO q.number FROM alembic_safety.quarantine x
    WHERE x.preservation = q.preservation AND x.source = coalesce(rel::regclass::text, in_source) AND x.asked = in_asked;
    IF FOUND THEN
        RETURN q.number;
    END IF;
    IF kind IS NULL OR kind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION 'there is no table % to preserve', in_source USING ERRCODE = 'undefined_table';
    END IF;
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', rel::regclass);

    IF by_key IS NULL THEN
        key_numbers := coalesce(alembic_safety.key_of(rel), '{}');
    ELSE
        SELECT coalesce(array_agg(a.attnum ORDER BY u.i), '{}') INTO key_numbers
        FROM unnest(by_key) WITH ORDINALITY AS u (name, i)
        JOIN pg_attribute a ON a.attrelid = rel AND a.attname = u.name AND NOT a.attisdropped;
        IF cardinality(key_numbers) <> cardinality(by_key) THEN
            RAISE EXCEPTION 'table % does not have all of the key columns %', in_source, by_key USING ERRCODE = 'undefined_column';
        END IF;
    END IF;
    q.asked := in_asked;
    q.strategy := CASE WHEN key_numbers = '{}' OR (in_asked = 'rows' AND has_kin) THEN 'table' ELSE in_asked END;
    q.source := rel::regclass::text;
    q.relation := rel;
    q.alone := kind = 'r';
    q.rewrites := in_rewrites;
    q.file := pg_relation_filenode(rel);

    SELECT array_agg(a.attname::text ORDER BY a.attnum), array_agg(a.attnum ORDER BY a.attnum),
        array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum), array_agg(x.typed ORDER BY a.attnum),
        array_agg(CASE WHEN NOT x.typed OR x.foreign_collation THEN ' COLLATE "C"' ELSE '' END ORDER BY a.attnum),
        array_agg(a.attnotnull ORDER BY a.attnum)
    INTO q.columns, q.numbers, q.types, q.typed, q.suffixes, q.required
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_type e ON e.oid = t.typelem
    LEFT JOIN pg_collation l ON l.oid = a.attcollation,
    LATERAL (SELECT
        t.typnamespace = 'pg_catalog'::regnamespace AND t.typtype IN ('b', 'r', 'm')
            AND (e.oid IS NULL OR e.typnamespace = 'pg_catalog'::regnamespace) AS typed,
        l.oid IS NOT NULL AND l.collnamespace <> 'pg_catalog'::regnamespace AS foreign_collation) AS x
    WHERE a.attrelid = rel AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND (q.strategy <> 'columns' OR a.attnum = ANY (key_numbers) OR a.attname = ANY (only_columns));
    q.columns := coalesce(q.columns, '{}');
    -- What a column holds that is generated here, and was not in the rehearsal, is computed again.
    IF q.strategy = 'columns' AND NOT only_columns <@ (q.columns || ARRAY(
        SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = rel AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> '')) THEN
        RAISE EXCEPTION 'table % does not have all of the columns %', in_source, only_columns USING ERRCODE = 'undefined_column';
    END IF;
    SELECT coalesce(array_agg(array_position(q.numbers, u.n) ORDER BY u.i), '{}') INTO q.key FROM unnest(key_numbers) WITH ORDINALITY AS u (n, i);

    q.positions := '{}';
    FOR sequence_of IN
        SELECT d.objid::regclass FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S'
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = rel AND d.deptype IN ('a', 'i')
          AND d.refobjsubid = ANY (q.numbers)
    LOOP
        EXECUTE format('SELECT last_value, is_called FROM %s', sequence_of) INTO last_of, called;
        q.positions := q.positions || jsonb_build_object(sequence_of::text, jsonb_build_array(last_of, called));
    END LOOP;

    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'here', (SELECT array_agg(a.attname ORDER BY u.i) FROM unnest(f.conkey) WITH ORDINALITY AS u (n, i) JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = u.n),
        'table', f.confrelid::regclass::text,
        'there', (SELECT array_agg(a.attname ORDER BY u.i) FROM unnest(f.confkey) WITH ORDINALITY AS u (n, i) JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = u.n),
        'action', f.confdeltype)), '[]')
    INTO q.parents FROM pg_constraint f WHERE f.conrelid = rel AND f.contype = 'f' AND f.conparentid = 0;

    SELECT coalesce(jsonb_object_agg(a.attname, x.labels) FILTER (WHERE x.labels IS NOT NULL), '{}') INTO q.labels
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid,
    LATERAL (SELECT jsonb_agg(e.enumlabel) AS labels FROM pg_enum e WHERE e.enumtypid IN (t.oid, t.typelem)) AS x
    WHERE a.attrelid = rel AND a.attnum = ANY (q.numbers);
    SELECT coalesce(jsonb_object_agg(k.conname, pg_get_expr(k.conbin, rel)), '{}') INTO q.checks
    FROM pg_constraint k WHERE k.conrelid = rel AND k.contype = 'c' AND k.convalidated;
    SELECT coalesce(jsonb_agg(x.names), '[]') INTO q.uniques
    FROM pg_index i, LATERAL (SELECT array_agg(a.attname ORDER BY u.i) AS names FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY AS u (n, i)
        JOIN pg_attribute a ON a.attrelid = rel AND a.attnum = u.n) AS x
    WHERE i.indrelid = rel AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL;

    INSERT INTO alembic_safety.quarantine (
        preservation, strategy, asked, source, relation, columns, numbers, types, typed, suffixes, required, key, alone, rewrites, file, positions, parents, updates, labels, checks, uniques)
    VALUES (q.preservation, q.strategy, q.asked, q.source, rel, q.columns, coalesce(q.numbers, '{}'), coalesce(q.types, '{}'), coalesce(q.typed, '{}'),
        coalesce(q.suffixes, '{}'), coalesce(q.required, '{}'), q.key, q.alone, q.rewrites, q.file, q.positions, q.parents, alembic_safety.updated_in(rel), q.labels, q.checks, q.uniques)
    RETURNING * INTO q;

    SELECT string_agg(format('s.%I%s AS c%s', u.name,
        CASE WHEN NOT q.typed[u.i] THEN '::text COLLATE "default"' WHEN q.suffixes[u.i] <> '' THEN ' COLLATE "default"' ELSE '' END, u.i), ', ' ORDER BY u.i)
    INTO listed FROM unnest(q.columns) WITH ORDINALITY AS u (name, i);
    back := CASE WHEN (SELECT c.relforcerowsecurity FROM pg_class c WHERE c.oid = rel) THEN alembic_safety.silence(rel) ELSE '{}' END;
    EXECUTE format('CREATE TABLE alembic_safety.q%s_old AS SELECT %s FROM %s s %s', q.number, listed, alembic_safety.rows_of(q, q.source),
        CASE WHEN q.strategy = 'rows' THEN 'WITH NO DATA' ELSE '' END);
    GET DIAGNOSTICS q.rows = ROW_COUNT;
    PERFORM alembic_safety.run_all(back);
    PERFORM alembic_safety.keep_private(format('alembic_safety.q%s_old', q.number));
    IF q.strategy <> 'rows' THEN
        UPDATE alembic_safety.quarantine x SET rows = q.rows WHERE x.number = q.number;
    END IF;
    IF q.strategy = 'rows' OR (SELECT p.commits FROM alembic_safety.preservation p WHERE p.number = q.preservation) THEN
        PERFORM alembic_safety.watch(q);
    END IF;
    RETURN q.number;
END $preserve$;

-- Keep the position of a sequence.
CREATE OR REPLACE FUNCTION alembic_safety.preserve_sequence(in_table text, in_revision text, in_source text) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opened_number bigint := alembic_safety.open_preservation(in_table, in_revision);
    rel oid := to_regclass(in_source);
    last_of bigint;
    called boolean;
    made_number bigint;
BEGIN
    SELECT x.number INTO made_number FROM alembic_safety.quarantine x WHERE x.preservation = opened_number AND x.source = coalesce(rel::regclass::text, in_source) AND x.asked = 'sequence';
    IF FOUND THEN
        RETURN made_number;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = rel AND c.relkind = 'S') THEN
        RAISE EXCEPTION 'there is no sequence % to preserve', in_source USING ERRCODE = 'undefined_table';
    END IF;
    EXECUTE format('SELECT last_value, is_called FROM %s', rel::regclass) INTO last_of, called;
    INSERT INTO alembic_safety.quarantine (preservation, strategy, asked, source, relation, rows, positions)
    VALUES (opened_number, 'sequence', 'sequence', rel::regclass::text, rel, 1, jsonb_build_object(rel::regclass::text, jsonb_build_array(last_of, called)))
    RETURNING number INTO made_number;
    RETURN made_number;
END $$;

-- The upgrade commits before its end: what others write in between is to be noted, too.
CREATE OR REPLACE FUNCTION alembic_safety.expect_commits(in_table text, in_revision text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    opened_number bigint := alembic_safety.open_preservation(in_table, in_revision);
BEGIN
    UPDATE alembic_safety.preservation p SET commits = true WHERE p.number = opened_number;
END $$;

-- Tables that the upgrade writes without changing anything that was there: only columns of its own.
CREATE OR REPLACE FUNCTION alembic_safety.expect_writes(in_table text, in_revision text, sources text[]) RETURNS void LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE alembic_safety.preservation p
    SET expected = p.expected || ARRAY(SELECT alembic_safety.members_of(to_regclass(s)) FROM unnest(sources) s WHERE to_regclass(s) IS NOT NULL)
    WHERE p.number = alembic_safety.open_preservation(in_table, in_revision)
$$;
