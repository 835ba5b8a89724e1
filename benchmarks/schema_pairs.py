"""Two schemas, one in the place of the other, and back: how many pairs come back exactly, by pg_dump.

    python benchmarks/schema_pairs.py FOLDER [--pg-bin DIR] [--every N] [--only TEXT]

FOLDER holds NAME/a.sql and NAME/b.sql, as the test suites of schema differs have them. For each pair a database gets a.sql; then, as an
upgrade that nobody would dare, everything in it is dropped and b.sql is run. The downgrade that is derived from that is run, and the
downgrade of that downgrade. What pg_dump --schema-only shows has to be as before, both times, physical column order counted apart.
"""

from __future__ import annotations

import argparse
import difflib
import re
from collections import Counter
from functools import partial
from pathlib import Path

import psycopg

from alembic_safety.downgrade.synthesize import Synthesis
from alembic_safety.postgres.roles import missing_role_in
from alembic_safety.postgres.server import Server, throwaway_server
from tests.conftest import dump_schema
from tests.support.cases import Case, there_and_back, without_column_order

_ROLE = re.compile(r"CREATE\s+(?:ROLE|USER)\s+(\w+)[^;]*;", re.IGNORECASE)
#: Everything that a schema script makes, taken away; schema public stays, which initdb made.
CLEAR = """
DO $clear$
DECLARE
    words text;
BEGIN
    FOR words IN
        SELECT 'EVENT TRIGGER ' || quote_ident(evtname) FROM pg_event_trigger
        UNION ALL SELECT 'PUBLICATION ' || quote_ident(pubname) FROM pg_publication
        UNION ALL SELECT 'EXTENSION ' || quote_ident(extname) FROM pg_extension WHERE extname <> 'plpgsql'
        UNION ALL SELECT 'FOREIGN DATA WRAPPER ' || quote_ident(fdwname) FROM pg_foreign_data_wrapper
        UNION ALL SELECT 'SCHEMA ' || quote_ident(nspname) FROM pg_namespace
            WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
    LOOP EXECUTE 'DROP ' || words || ' CASCADE'; END LOOP;
    LOOP
        SELECT found.words INTO words FROM (
            SELECT CASE c.relkind WHEN 'v' THEN 'VIEW ' WHEN 'm' THEN 'MATERIALIZED VIEW ' WHEN 'S' THEN 'SEQUENCE '
                    WHEN 'f' THEN 'FOREIGN TABLE ' WHEN 'c' THEN 'TYPE ' ELSE 'TABLE ' END || c.oid::regclass AS words
            FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c')
            UNION ALL SELECT CASE p.prokind WHEN 'a' THEN 'AGGREGATE ' WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::regprocedure
            FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
            UNION ALL SELECT 'TYPE ' || format_type(t.oid, NULL) FROM pg_type t
            WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd', 'r') AND t.typelem = 0
            UNION ALL SELECT 'COLLATION ' || quote_ident(collname) FROM pg_collation WHERE collnamespace = 'public'::regnamespace
        ) found LIMIT 1;
        EXIT WHEN words IS NULL;
        EXECUTE 'DROP ' || words || ' CASCADE';
        words := NULL;
    END LOOP;
END $clear$;
"""


def main() -> None:
    """Run the pairs, print what is not exact, and a line of figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pg-bin", type=Path, default=None)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th pair")
    parser.add_argument("--only", default="", metavar="TEXT", help="only pairs whose name holds this")
    chosen = parser.parse_args()
    folders = [f for f in sorted(chosen.folder.iterdir()) if chosen.only in f.name][:: chosen.every]
    figures: Counter[str] = Counter()
    with throwaway_server(pg_bin=chosen.pg_bin) as server:
        for folder in folders:
            old, new = (folder / "a.sql").read_text(), (folder / "b.sql").read_text()
            for result in _pair(server, Case(folder.name, old, CLEAR + _without_roles(old, new), {})):
                figures[result.partition(":")[0]] += 1
                if not result.startswith(("exact", "column order")):
                    print(f"{folder.name}: {result}", flush=True)
    print(f"{len(folders)} pairs, both ways:", ", ".join(f"{count} {what}" for what, count in figures.most_common()))


def _without_roles(old: str, new: str) -> str:
    """The second script without the roles that the first one makes: they belong to the whole server."""
    made = {match[1] for match in _ROLE.finditer(old)}
    return _ROLE.sub(lambda match: "" if match[1] in made else match[0], new)


def _pair(server: Server, case: Case) -> list[str]:
    met: set[str] = set()
    while True:
        database = server.create_database()
        try:
            with server.connect(database.name) as connection:
                down, up, dumps = there_and_back(case, connection, partial(dump_schema, server, database.name))
            return [_verdict(down, dumps[0], dumps[2]), _verdict(up, dumps[1], dumps[3])]
        except psycopg.Error as error:
            failure = error
        finally:
            with server.connect(database.name, autocommit=True) as connection:
                for (name,) in connection.execute("SELECT quote_ident(subname) FROM pg_subscription").fetchall():
                    connection.execute(
                        f"ALTER SUBSCRIPTION {name} DISABLE; ALTER SUBSCRIPTION {name} SET (slot_name = NONE)"
                    )
                    connection.execute(f"DROP SUBSCRIPTION {name}")
            server.drop_database(database)
        role = missing_role_in(failure)
        left = re.match(r'role "(.+)" already exists', str(failure))
        if role is not None and server.ensure_roles([role]):
            continue
        if left is None or left[1] in met:
            return [f"not run: {str(failure).splitlines()[0]}"]
        met.add(left[1])  # a role belongs to the whole server: an earlier pair made it
        with server.connect(autocommit=True) as connection:
            connection.execute(f'DROP ROLE "{left[1]}"')


def _verdict(found: Synthesis, before: str, after: str) -> str:
    if found.refusals:
        return f"refused: {found.refusals[0]}"
    if found.residue and not found.exact:
        return f"refused: {found.residue[0].message}"
    if _entries(before) == _entries(after):
        return "exact"
    if _entries(without_column_order(before)) == _entries(without_column_order(after)):
        return "column order"
    changed = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return (
        "silently wrong: "
        + " | ".join(line for line in changed if line[:3] not in ("---", "+++") and line[0] in "+-")[:600]
    )


def _entries(dump: str) -> list[str]:
    """In any order: pg_dump breaks ties by OID."""
    return sorted(re.split(r"(?m)^--\n-- Name: ", dump))


if __name__ == "__main__":
    main()
