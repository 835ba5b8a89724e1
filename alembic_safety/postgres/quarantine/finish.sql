-- End a preservation when the upgrade has done its work; returns what was written and not captured, a sentence each.
CREATE OR REPLACE FUNCTION alembic_safety.finish_preserving(in_table text, in_revision text) RETURNS SETOF text LANGUAGE plpgsql {pinned} AS $finish$
DECLARE
    p alembic_safety.preservation;
    q alembic_safety.quarantine;
    missed text;
BEGIN
    SELECT * INTO p FROM alembic_safety.preservation x
    WHERE x.version_table = in_table AND x.revision = in_revision AND x.finished IS NULL AND x.restored IS NULL ORDER BY x.number DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    FOR q IN SELECT * FROM alembic_safety.quarantine x WHERE x.preservation = p.number AND x.strategy <> 'sequence' ORDER BY x.number LOOP
        IF q.strategy = 'rows' THEN
            missed := alembic_safety.stop_watching(q);
            IF missed <> '' THEN
                p.doubts := p.doubts || missed;
            END IF;
        END IF;
        PERFORM alembic_safety.take_made_image(q.number);
    END LOOP;
    -- Tables that were there, and that this session wrote to without anything of theirs being kept.
    FOR missed IN
        SELECT format('%s: it was written to (%s rows), and nothing of that was foreseen', s.relid::regclass,
            s.n_tup_ins + s.n_tup_upd + s.n_tup_del - coalesce((p.counted ->> s.relid::text)::bigint, 0))
        FROM pg_stat_xact_all_tables s
        WHERE (s.relid = ANY (p.tables) OR s.relid = 'pg_largeobject'::regclass) AND NOT s.relid = ANY (p.expected)
          AND s.n_tup_ins + s.n_tup_upd + s.n_tup_del > coalesce((p.counted ->> s.relid::text)::bigint, 0)
          AND p.backend = pg_backend_pid()
          AND NOT EXISTS (
            SELECT FROM alembic_safety.quarantine x, alembic_safety.members_of(x.relation) m
            WHERE x.preservation = p.number AND x.strategy IN ('table', 'rows') AND m = s.relid)
        ORDER BY 1
    LOOP
        p.doubts := p.doubts || missed;
    END LOOP;
    UPDATE alembic_safety.preservation x
    SET finished = clock_timestamp(), doubts = p.doubts, tables = NULL, counted = NULL, backend = NULL WHERE x.number = p.number;
    RETURN QUERY SELECT unnest(p.doubts);
END $finish$;

-- Drop the triggers, and hold what they captured against the server's own counters; '' where all was seen.
CREATE OR REPLACE FUNCTION alembic_safety.stop_watching(q alembic_safety.quarantine) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one text;
    seen bigint;
    written bigint;
    p alembic_safety.preservation;
    result text := '';
BEGIN
    SELECT * INTO p FROM alembic_safety.preservation x WHERE x.number = q.preservation;
    EXECUTE format('SELECT last_value FROM alembic_safety.q%s_seen', q.number) INTO seen;
    SELECT alembic_safety.written_to(q.relation) - coalesce(sum((p.counted ->> m::text)::bigint), 0) INTO written FROM alembic_safety.members_of(q.relation) m;
    IF written > seen THEN
        result := format('%s: the server counts %s rows written, captured were %s', q.source, written, seen);
    ELSIF EXISTS (SELECT FROM pg_class c WHERE c.oid = q.relation) AND pg_relation_filenode(q.relation) IS DISTINCT FROM q.file
        AND NOT q.truncated AND NOT q.rewrites THEN
        result := format('%s: its rows were rewritten, which nobody foresaw', q.source);
    END IF;
    FOR one IN
        SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t
        WHERE t.tgfoid = to_regprocedure(format('alembic_safety.q%s_capture()', q.number))
    LOOP
        EXECUTE one;
    END LOOP;
    EXECUTE format('DROP FUNCTION alembic_safety.q%s_capture()', q.number);
    EXECUTE format('DROP SEQUENCE alembic_safety.q%s_seen', q.number);
    RETURN result;
END $$;

-- Note what the upgrade left of a table: its names now, and a hash of each value that the way back will want to know again.
CREATE OR REPLACE FUNCTION alembic_safety.take_made_image(in_number bigint) RETURNS void LANGUAGE plpgsql {pinned} AS $made$
DECLARE
    q alembic_safety.quarantine;
    terms text[];
    taken text;
    back text[];
BEGIN
    SELECT * INTO q FROM alembic_safety.quarantine x WHERE x.number = in_number;
    IF q.strategy = 'rows' THEN
        EXECUTE format('SELECT count(*) FROM alembic_safety.q%s_old', q.number) INTO q.rows;
    END IF;
    IF EXISTS (SELECT FROM pg_class c WHERE c.oid = q.relation) THEN
        q.after_source := q.relation::regclass::text;
        SELECT array_agg(a.attname::text ORDER BY u.i) INTO q.after_columns
        FROM unnest(q.numbers) WITH ORDINALITY AS u (number, i)
        LEFT JOIN pg_attribute a ON a.attrelid = q.relation AND a.attnum = u.number AND NOT a.attisdropped;
        SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}') INTO q.after_others
        FROM pg_attribute a WHERE a.attrelid = q.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
          AND NOT a.attnum = ANY (q.numbers);
        IF EXISTS (SELECT FROM unnest(q.key) k WHERE q.after_columns[k] IS NULL) THEN
            IF q.strategy <> 'table' THEN
                RAISE EXCEPTION 'rows of % cannot be told apart after the upgrade: it drops a column of their key', q.source
                    USING HINT = 'preserve it by op.preserve_table(), or by another key';
            END IF;
            q.key := '{}';
        END IF;
        UPDATE alembic_safety.quarantine x SET key = q.key, after_source = q.after_source, after_columns = coalesce(q.after_columns, '{}'),
            after_others = q.after_others, rows = q.rows WHERE x.number = q.number RETURNING * INTO q;
        q.made := q.strategy <> 'columns'
            OR EXISTS (SELECT FROM unnest(q.after_columns) WITH ORDINALITY AS u (name, i) WHERE u.name IS NOT NULL AND NOT u.i = ANY (q.key));
        IF q.made THEN
            back := CASE WHEN (SELECT c.relforcerowsecurity FROM pg_class c WHERE c.oid = q.relation) THEN alembic_safety.silence(q.relation) ELSE '{}' END;
            terms := alembic_safety.key_terms(q, 'table', 's', q.after_columns);
            IF q.strategy = 'rows' THEN
                taken := format(' JOIN (SELECT %s true AS known FROM alembic_safety.q%s_old o UNION SELECT %s true FROM alembic_safety.q%s_new n) x ON %s',
                    alembic_safety.as_columns(alembic_safety.key_terms(q, 'old', 'o', NULL)), q.number,
                    alembic_safety.as_columns(alembic_safety.key_terms(q, 'made', 'n', NULL)), q.number,
                    alembic_safety.all_equal(terms, alembic_safety.key_terms(q, 'made', 'x', NULL)));
            END IF;
            taken := format('CREATE TABLE alembic_safety.q%s_made AS SELECT %s %s AS made FROM %s s%s', q.number,
                alembic_safety.as_columns(terms), alembic_safety.image_of(q, 's'), alembic_safety.rows_of(q, q.after_source), coalesce(taken, ''));
            IF q.strategy = 'rows' AND alembic_safety.are_few(q, q.relation, q.rows) THEN
                PERFORM alembic_safety.run_by_index(taken);
            ELSE
                PERFORM alembic_safety.run_as_planned(taken);
            END IF;
            PERFORM alembic_safety.keep_private(format('alembic_safety.q%s_made', q.number));
            PERFORM alembic_safety.run_all(back);
        END IF;
    END IF;
    UPDATE alembic_safety.quarantine x SET made = q.made, rows = q.rows,
        updated = alembic_safety.updated_in(q.relation) > q.updates OR pg_relation_filenode(q.relation) IS DISTINCT FROM q.file
    WHERE x.number = q.number;
    EXECUTE format('DROP TABLE IF EXISTS alembic_safety.q%s_new', q.number);
END $made$;
