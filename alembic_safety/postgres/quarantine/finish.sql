-- End a preservation when the upgrade has done its work; returns what was written and not captured, a sentence each.
CREATE OR REPLACE FUNCTION alembic_safety.finish_preserving(in_table text, in_revision text) RETURNS SETOF text LANGUAGE plpgsql {pinned} AS $finish$
DECLARE
    p alembic_safety.preservation;
    q alembic_safety.quarantine;
    missed text;
    several boolean;
    late text[] := '{}';
    notes text[] := '{}';
BEGIN
    SELECT * INTO p FROM alembic_safety.preservation x
    WHERE x.version_table = in_table AND x.revision = in_revision AND x.finished IS NULL AND x.restored IS NULL ORDER BY x.number DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    several := p.opened_in IS DISTINCT FROM pg_current_xact_id()::text;
    IF p.backend IS DISTINCT FROM pg_backend_pid() THEN
        late := late || 'it went on in another session than it began in'::text;
    END IF;
    FOR q IN SELECT * FROM alembic_safety.quarantine x WHERE x.preservation = p.number AND x.strategy <> 'sequence' ORDER BY x.number LOOP
        IF several THEN
            late := late || array_remove(ARRAY[alembic_safety.doubt_between(q, p.commits)], NULL);
        END IF;
        IF q.strategy = 'rows' THEN
            p.doubts := p.doubts || array_remove(ARRAY[alembic_safety.doubt_of(q)], NULL);
        END IF;
        PERFORM alembic_safety.stop_capturing(q);
        PERFORM alembic_safety.take_made_image(q.number);
        IF several THEN
            UPDATE alembic_safety.quarantine x SET updated = true WHERE x.number = q.number;  -- counters of earlier transactions are gone
            PERFORM alembic_safety.leave_to_others(q.number);
        END IF;
        EXECUTE format('DROP TABLE IF EXISTS alembic_safety.q%s_others', q.number);
    END LOOP;
    -- Tables that were there, and that this session wrote to without anything of theirs being kept.
    FOR missed IN
        SELECT coalesce(alembic_safety.told_by_trigger(s.relid, s.n_tup_upd + s.n_tup_del),
            format('%s: it was written to (%s rows), and nothing of that was foreseen', s.relid::regclass,
                s.n_tup_ins + s.n_tup_upd + s.n_tup_del - coalesce((p.counted ->> s.relid::text)::bigint, 0)))
        FROM pg_stat_xact_all_tables s
        WHERE (s.relid = ANY (p.tables) OR s.relid = 'pg_largeobject'::regclass) AND NOT s.relid = ANY (p.expected)
          AND s.n_tup_ins + s.n_tup_upd + s.n_tup_del > coalesce((p.counted ->> s.relid::text)::bigint, 0)
          AND p.backend = pg_backend_pid()
          AND NOT EXISTS (
            SELECT FROM alembic_safety.quarantine x, alembic_safety.members_of(x.relation) m
            WHERE x.preservation = p.number AND x.strategy IN ('table', 'rows') AND m = s.relid)
        ORDER BY 1
    LOOP
        IF missed LIKE 'note: %' THEN
            notes := notes || missed;
        ELSE
            p.doubts := p.doubts || missed;
        END IF;
    END LOOP;
    -- What is committed already can't be stopped any more: the downgrade will ask.
    FOREACH missed IN ARRAY late LOOP
        RAISE WARNING 'revision %: %; its downgrade will refuse unless the loss is accepted', in_revision, missed;
    END LOOP;
    UPDATE alembic_safety.preservation x
    SET finished = clock_timestamp(), doubts = p.doubts || late, tables = NULL, counted = NULL, backend = NULL WHERE x.number = p.number;
    RETURN QUERY SELECT unnest(p.doubts || notes);
END $finish$;

-- Rows that a trigger added to a table, as an audit does, itself or by functions that it calls: they tell what happened, and stay; else NULL.
CREATE OR REPLACE FUNCTION alembic_safety.told_by_trigger(written oid, changed bigint) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE written_to AS (
        SELECT s.relid FROM pg_stat_xact_all_tables s WHERE s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0
    ), fired AS (
        SELECT format('trigger %s of %s', t.tgname, t.tgrelid::regclass) AS told, t.tgfoid AS function
        FROM (SELECT relid FROM written_to UNION SELECT a::oid FROM written_to, pg_partition_ancestors(relid) a) x
        JOIN pg_trigger t ON t.tgrelid = x.relid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
        UNION SELECT format('event trigger %s', e.evtname), e.evtfoid FROM pg_event_trigger e WHERE e.evtenabled IN ('O', 'A')
    ), reached AS (
        SELECT told, function, 0 AS depth FROM fired
        UNION SELECT r.told, g.oid, r.depth + 1
        FROM reached r JOIN pg_proc f ON f.oid = r.function
        JOIN pg_proc g ON g.oid >= 16384 AND g.oid <> f.oid AND f.prosrc ~* ('\m' || regexp_replace(g.proname, '\W', '\\\&', 'g') || '"?\s*\(')
        WHERE r.depth < 3
    )
    SELECT format('note: %s: %s added rows to it, which stay', written::regclass, r.told)
    FROM reached r JOIN pg_proc f ON f.oid = r.function AND f.pronamespace IS DISTINCT FROM to_regnamespace('alembic_safety')
    JOIN pg_class c ON c.oid = written
    -- A statement that is put together as it runs names its table nowhere.
    WHERE changed = 0 AND f.prosrc ~* '\minsert\s+into\M'
      AND (f.prosrc ~* ('\m' || regexp_replace(c.relname, '\W', '\\\&', 'g') || '\M') OR f.prosrc ~* '\mexecute\M')
    ORDER BY r.depth, r.told LIMIT 1
$$;

-- What was captured, held against the server's own counters; NULL where all was seen.
CREATE OR REPLACE FUNCTION alembic_safety.doubt_of(q alembic_safety.quarantine) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen bigint;
    written bigint;
BEGIN
    EXECUTE format('SELECT last_value FROM alembic_safety.q%s_seen', q.number) INTO seen;
    SELECT alembic_safety.written_to(q.relation) - coalesce(sum((p.counted ->> m::text)::bigint), 0) INTO written
    FROM alembic_safety.preservation p, alembic_safety.members_of(q.relation) m WHERE p.number = q.preservation;
    IF written > seen THEN
        RETURN format('%s: the server counts %s rows written, captured were %s', q.source, written, seen);
    ELSIF EXISTS (SELECT FROM pg_class c WHERE c.oid = q.relation) AND pg_relation_filenode(q.relation) IS DISTINCT FROM q.file
        AND NOT (SELECT x.truncated FROM alembic_safety.quarantine x WHERE x.number = q.number) AND NOT q.rewrites THEN
        RETURN format('%s: its rows were rewritten, which nobody foresaw', q.source);
    END IF;
    RETURN NULL;
END $$;

-- The same for what happened around commits, of which the counters tell nothing; NULL where nothing was missed.
CREATE OR REPLACE FUNCTION alembic_safety.doubt_between(q alembic_safety.quarantine, foreseen boolean) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    others boolean;
BEGIN
    IF q.strategy = 'rows' THEN
        RETURN (SELECT format('%s: the triggers that keep its rows were dropped or switched off', q.source)
            FROM pg_class c WHERE c.oid = q.relation AND EXISTS (
                SELECT FROM alembic_safety.members_of(q.relation) m WHERE 4 <> (SELECT count(*) FROM pg_trigger t
                    WHERE t.tgrelid = m AND t.tgenabled = 'A' AND t.tgfoid = to_regprocedure(format('alembic_safety.q%s_capture()', q.number)))));
    ELSIF NOT foreseen THEN
        RETURN format('%s: it committed before its end, which nobody foresaw, and what others wrote then is not known', q.source);
    END IF;
    EXECUTE format('SELECT last_value > 0 FROM alembic_safety.q%s_seen', q.number) INTO others;
    RETURN CASE WHEN others THEN format('%s: other sessions wrote to it after its rows had been kept and before the upgrade came to its end', q.source) END;
END $$;

-- Drop the triggers and what they use.
CREATE OR REPLACE FUNCTION alembic_safety.stop_capturing(q alembic_safety.quarantine) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one text;
BEGIN
    FOR one IN
        SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) FROM pg_trigger t
        WHERE t.tgfoid = to_regprocedure(format('alembic_safety.q%s_capture()', q.number))
    LOOP
        EXECUTE one;
    END LOOP;
    EXECUTE format('DROP FUNCTION IF EXISTS alembic_safety.q%s_capture()', q.number);
    EXECUTE format('DROP SEQUENCE IF EXISTS alembic_safety.q%s_seen', q.number);
END $$;

-- Rows that other sessions wrote between the parts of an upgrade count as changed since.
CREATE OR REPLACE FUNCTION alembic_safety.leave_to_others(in_number bigint) RETURNS void LANGUAGE plpgsql {pinned} AS $others$
DECLARE
    q alembic_safety.quarantine;
BEGIN
    SELECT * INTO q FROM alembic_safety.quarantine x WHERE x.number = in_number;
    IF q.made AND q.strategy = 'rows' THEN
        EXECUTE format('DELETE FROM alembic_safety.q%1$s_old p USING alembic_safety.q%1$s_others o WHERE o.gone AND %2$s'
            ' AND NOT EXISTS (SELECT FROM alembic_safety.q%1$s_made m WHERE %3$s)', q.number,
            alembic_safety.all_equal(alembic_safety.key_terms(q, 'old', 'p', NULL), alembic_safety.key_terms(q, 'made', 'o', NULL)),
            alembic_safety.all_equal(alembic_safety.key_terms(q, 'made', 'm', NULL), alembic_safety.key_terms(q, 'made', 'o', NULL)));
        EXECUTE format('UPDATE alembic_safety.q%1$s_made m SET made = array_fill(1::bigint, ARRAY[cardinality(m.made)]) FROM alembic_safety.q%1$s_others o WHERE %2$s',
            q.number, alembic_safety.all_equal(alembic_safety.key_terms(q, 'made', 'm', NULL), alembic_safety.key_terms(q, 'made', 'o', NULL)));
    END IF;
END $others$;

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
    IF q.strategy = 'table' AND q.rewrites AND to_regclass(q.source) <> q.relation THEN  -- another table has its name now
        UPDATE alembic_safety.quarantine x SET relation = to_regclass(q.source), numbers = ARRAY(
            SELECT coalesce(a.attnum, 0) FROM unnest(q.columns) WITH ORDINALITY AS u (name, i)
            LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(q.source) AND a.attname = u.name AND a.attgenerated = '' AND NOT a.attisdropped ORDER BY u.i)
        WHERE x.number = q.number RETURNING * INTO q;
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
