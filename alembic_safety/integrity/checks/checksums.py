"""Checksums of data pages: what the server has noticed, and on request every page read again from its file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from alembic_safety.integrity.attempt import Failure, attempt
from alembic_safety.integrity.records import Record, not_checked
from alembic_safety.integrity.scope import Scope
from alembic_safety.integrity.work import Check, Task
from alembic_safety.model.finding import Finding, Severity
from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.postgres.session import Session

NAME = "checksums"
_SECONDS_PER_PAGE = 2e-5
#: Pages that one statement reads.
_SLICE = 16384

_COUNTER = """
SELECT checksum_failures, checksum_last_failure::text, quote_ident(datname) FROM pg_catalog.pg_stat_database
WHERE datname = current_database() AND checksum_failures > 0
"""

_FILES = """
SELECT t.identity, c.oid::regclass::text, pg_catalog.pg_relation_filepath(c.oid),
       pg_catalog.pg_relation_size(c.oid) / current_setting('block_size')::int
FROM scope t JOIN pg_catalog.pg_class p ON p.oid = t.oid
JOIN pg_catalog.pg_class c ON c.oid IN (p.oid, p.reltoastrelid)
    OR c.oid IN (SELECT i.indexrelid FROM pg_catalog.pg_index i WHERE i.indrelid IN (p.oid, p.reltoastrelid))
WHERE t.relkind IN ('r', 'm') AND pg_catalog.pg_relation_filepath(c.oid) IS NOT NULL
ORDER BY 1, 2
"""

# The file is read past the server's cache; a page that is being written may look torn, so a bad one is read once more. Files
# hold a gigabyte each. An all-zero page has no checksum.
_PAGES = """
SELECT blkno FROM generate_series({first}, {last}) AS blkno
CROSS JOIN LATERAL (SELECT pg_catalog.pg_read_binary_file({path} || CASE WHEN blkno / {per_file} = 0 THEN '' ELSE '.' || blkno / {per_file} END,
        (blkno % {per_file}) * {size}, {size}, true) AS page) read
WHERE length(page) = {size} AND pg_catalog.get_byte(page, 14) + pg_catalog.get_byte(page, 15) > 0
  AND {schema}.page_checksum(page, blkno) <> ({schema}.page_header(page)).checksum
"""


def plan(session: Session, scope: Scope) -> Iterator[Task]:
    """What the server counted, always; with the option a task for each file."""
    if not scope.narrowed:
        yield Task(NAME, NAME, 0.0, lambda session: list(_counted(session)))
    if not scope.options.checksums:
        return
    reason = _obstacle(session)
    if reason:
        yield Task(NAME, NAME, 0.0, lambda _: (not_checked(None, reason, what="checksums of pages"),))
        return
    schema, size = session.fetch(
        "SELECT quote_ident(n.nspname), current_setting('block_size')::int FROM pg_catalog.pg_extension e "
        "JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pageinspect'"
    )[0]
    for table, relation, path, pages in session.fetch(scope.query(_FILES)):
        if pages:
            yield Task(
                NAME, relation, pages * _SECONDS_PER_PAGE, partial(_run, table, relation, path, pages, schema, size)
            )


CHECK = Check(
    NAME, "checksum failures that the server counted; with --checksums every page is read from its file", plan
)


def _obstacle(session: Session) -> str | None:
    if session.fetch("SHOW data_checksums")[0][0] != "on":
        return "this cluster was made without data checksums (pg_checksums --enable, while it is shut down)"
    if session.fetch("SELECT current_setting('is_superuser')")[0][0] != "on":
        return "only a superuser may read the files of tables"
    if not session.fetch("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = 'pageinspect'"):
        return "the extension pageinspect is not installed in this database (CREATE EXTENSION pageinspect)"
    return None


def _counted(session: Session) -> Iterator[Record]:
    for count, last, database in session.fetch(_COUNTER):
        yield Finding(
            code="checksum-failures",
            severity=Severity.ERROR,
            message=f"the server met {count} pages of database {database} with a wrong checksum, last at {last}",
            kind="database",
            subject=database,
            count=count,
            query=_COUNTER.strip(),
            remedy="Find the table in the server's log; restore it from a backup or a standby, and check the disk",
        )


def _run(
    table: str, relation: str, path: str, pages: int, schema: str, size: int, session: Session
) -> Iterator[Record]:
    bad: list[int] = []
    for first in range(0, pages, _SLICE):
        sql = _PAGES.format(
            first=first,
            last=min(first + _SLICE, pages) - 1,
            path=quote_literal(path),
            size=size,
            per_file=2**30 // size,
            schema=schema,
        )
        outcome = attempt(session, partial(_twice, session, sql))
        if isinstance(outcome, Failure):
            yield not_checked(relation, outcome.reason, what="the checksums of pages")
            return
        bad.extend(outcome.value)
    if bad:
        yield Finding(
            code="checksum-failures",
            severity=Severity.ERROR,
            message=f"{'1 page' if len(bad) == 1 else f'{len(bad)} pages'} of {relation} (of table {table}) "
            f"{'has' if len(bad) == 1 else 'have'} a wrong checksum",
            kind="table",
            subject=relation,
            count=len(bad),
            examples=tuple(f"block {block}" for block in bad[:5]),
            remedy="Restore it from a backup or a standby, and check the disk",
        )


def _twice(session: Session, sql: str) -> list[int]:
    """Blocks that are wrong at both of two readings."""
    first = {int(row[0]) for row in session.fetch(sql)}
    if not first:
        return []
    session.execute("SELECT pg_catalog.pg_sleep(0.2)")
    return sorted(first & {int(row[0]) for row in session.fetch(sql)})
