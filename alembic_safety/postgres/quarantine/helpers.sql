-- The columns by which rows are told apart: the primary key, else a unique key without NULL; NULL where there is none.
CREATE OR REPLACE FUNCTION alembic_safety.key_of(rel oid) RETURNS int2[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (i.indkey::int2[])[0:i.indnkeyatts - 1]
    FROM pg_index i
    WHERE i.indrelid = rel AND i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL
      AND NOT EXISTS (
        SELECT FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) AS k (number)
        LEFT JOIN pg_attribute a ON a.attrelid = rel AND a.attnum = k.number AND a.attnotnull AND a.attgenerated = ''
        WHERE a.attnum IS NULL)
    ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid
    LIMIT 1
$$;

-- A table with all its partitions.
CREATE OR REPLACE FUNCTION alembic_safety.members_of(rel oid) RETURNS SETOF oid LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT rel UNION SELECT t.relid::oid FROM pg_partition_tree(rel) t
$$;

-- How many rows this session says to have inserted, updated and deleted in a table and its partitions.
CREATE OR REPLACE FUNCTION alembic_safety.written_to(rel oid) RETURNS bigint LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
    FROM pg_stat_xact_user_tables WHERE relid IN (SELECT alembic_safety.members_of(rel))
$$;

CREATE OR REPLACE FUNCTION alembic_safety.updated_in(rel oid) RETURNS bigint LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(sum(n_tup_upd), 0)::bigint FROM pg_stat_xact_user_tables WHERE relid IN (SELECT alembic_safety.members_of(rel))
$$;

-- The key of a row, an expression a column: of the table itself, of its old image, or of what the upgrade made.
CREATE OR REPLACE FUNCTION alembic_safety.key_terms(q alembic_safety.quarantine, of_what text, alias text, names text[])
RETURNS text[] LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT array_agg(
        CASE of_what
            WHEN 'old' THEN format('%s.c%s', alias, u.p)
            WHEN 'made' THEN format('%s.k%s', alias, u.j)
            ELSE format('%s.%I%s', alias, names[u.p], CASE WHEN q.typed[u.p] THEN '' ELSE '::text' END)
        END || q.suffixes[u.p] ORDER BY u.j)
    FROM unnest(q.key) WITH ORDINALITY AS u (p, j)
$$;

CREATE OR REPLACE FUNCTION alembic_safety.all_equal(l text[], r text[]) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(string_agg(format('%s = %s', u.a, u.b), ' AND '), 'true') FROM unnest(l, r) AS u (a, b)
$$;

CREATE OR REPLACE FUNCTION alembic_safety.as_columns(terms text[]) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(string_agg(format('%s AS k%s, ', u.t, u.j), '' ORDER BY u.j), '') FROM unnest(terms) WITH ORDINALITY AS u (t, j)
$$;

-- What stands in FROM: the table alone, or with its partitions.
CREATE OR REPLACE FUNCTION alembic_safety.rows_of(q alembic_safety.quarantine, name text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN q.alone THEN 'ONLY ' ELSE '' END || name
$$;

-- What a row is now, as hashes of the text of each kept column (NULL: it is gone, or part of the key) and of all the others.
CREATE OR REPLACE FUNCTION alembic_safety.image_of(q alembic_safety.quarantine, alias text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'ARRAY[' || coalesce(string_agg(
        CASE WHEN u.name IS NULL OR u.i = ANY (q.key) THEN 'NULL'
             ELSE format('hashtextextended(%s.%I::text COLLATE "C", 0)', alias, u.name) END || ', ', '' ORDER BY u.i), '')
        || CASE WHEN q.strategy = 'columns' OR q.after_others = '{}' THEN '0'
             ELSE (SELECT format('hashtextextended(ROW(%s)::text, 0)', string_agg(format('%s.%I', alias, o), ', ')) FROM unnest(q.after_others) o) END
        || ']::bigint[]'
    FROM unnest(q.after_columns) WITH ORDINALITY AS u (name, i)
$$;

-- Take every grant away that default privileges gave to others, and let rows be changed that a publication of all tables tells of.
CREATE OR REPLACE FUNCTION alembic_safety.keep_private(name text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    other oid;
BEGIN
    FOR other IN
        SELECT DISTINCT x.grantee FROM pg_class c, aclexplode(c.relacl) x
        WHERE c.oid = to_regclass(name) AND x.grantee <> c.relowner
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM %s', name, CASE WHEN other = 0 THEN 'PUBLIC' ELSE other::regrole::text END);
    END LOOP;
    IF EXISTS (SELECT FROM pg_publication p WHERE p.puballtables AND (p.pubupdate OR p.pubdelete)) THEN
        EXECUTE format('ALTER TABLE %s REPLICA IDENTITY FULL', name);
    END IF;
END $$;

-- Keep triggers, rules, row security and publications of a table and its partitions from what is done to its rows; returns what brings them back.
CREATE OR REPLACE FUNCTION alembic_safety.silence(rel oid) RETURNS text[] LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    back text[] := '{}';
    off text;
    back_on text;
BEGIN
    FOR off, back_on IN
        SELECT format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', t.tgrelid::regclass, t.tgname),
               format('ALTER TABLE ONLY %s ENABLE %s TRIGGER %I', t.tgrelid::regclass,
                      CASE t.tgenabled WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' ELSE '' END, t.tgname)
        FROM pg_trigger t
        WHERE t.tgrelid IN (SELECT alembic_safety.members_of(rel)) AND NOT t.tgisinternal AND t.tgenabled <> 'D'
        UNION ALL
        SELECT format('ALTER TABLE %s DISABLE RULE %I', r.ev_class::regclass, r.rulename),
               format('ALTER TABLE %s ENABLE %s RULE %I', r.ev_class::regclass,
                      CASE r.ev_enabled WHEN 'R' THEN 'REPLICA' WHEN 'A' THEN 'ALWAYS' ELSE '' END, r.rulename)
        FROM pg_rewrite r
        WHERE r.ev_class IN (SELECT alembic_safety.members_of(rel)) AND r.ev_type <> '1' AND r.ev_enabled <> 'D'
        UNION ALL
        SELECT format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', c.oid::regclass), format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', c.oid::regclass)
        FROM pg_class c
        WHERE c.oid IN (SELECT alembic_safety.members_of(rel)) AND c.relforcerowsecurity AND c.relrowsecurity
        UNION ALL
        -- The server lets no row be changed that a publication could not tell of.
        SELECT format('ALTER TABLE ONLY %s REPLICA IDENTITY FULL', c.oid::regclass),
               format('ALTER TABLE ONLY %s REPLICA IDENTITY %s', c.oid::regclass, CASE c.relreplident WHEN 'n' THEN 'NOTHING' ELSE 'DEFAULT' END)
        FROM pg_class c
        WHERE c.oid IN (SELECT alembic_safety.members_of(rel)) AND c.relkind = 'r' AND EXISTS (SELECT FROM pg_publication p WHERE p.pubupdate OR p.pubdelete)
          AND (c.relreplident = 'n' OR c.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary))
    LOOP
        EXECUTE off;
        back := back || back_on;
    END LOOP;
    RETURN back;
END $$;

CREATE OR REPLACE FUNCTION alembic_safety.run_all(statements text[]) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY statements LOOP
        EXECUTE one;
    END LOOP;
END $$;

-- Whether to look few rows of a table up by its index one by one: the planner knows nothing of fresh tables, and would read all of it.
CREATE OR REPLACE FUNCTION alembic_safety.are_few(q alembic_safety.quarantine, rel oid, touched bigint) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT touched * 5 < c.reltuples AND NOT EXISTS (SELECT FROM unnest(q.key) p WHERE NOT q.typed[p] OR q.suffixes[p] <> '')
        AND alembic_safety.key_of(rel) = ARRAY(SELECT a.attnum FROM unnest(q.key) WITH ORDINALITY AS u (p, j)
            JOIN pg_attribute a ON a.attrelid = rel AND a.attname = q.after_columns[u.p] ORDER BY u.j)
    FROM pg_class c WHERE c.oid = rel
$$;

CREATE OR REPLACE FUNCTION alembic_safety.run_by_index(statement text) RETURNS void LANGUAGE plpgsql {pinned}
    SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    EXECUTE statement;
END $$;

CREATE OR REPLACE FUNCTION alembic_safety.run_as_planned(statement text) RETURNS void LANGUAGE plpgsql {pinned} AS $$
BEGIN
    EXECUTE statement;
END $$;
