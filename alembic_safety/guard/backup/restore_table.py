"""Take the rows of one table out of a backup, into a new table beside the live one; nothing that is there is touched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import IO, TYPE_CHECKING, Any

from alembic_safety.errors import BackupError, SafetyError
from alembic_safety.guard.backup.dump import DATA
from alembic_safety.guard.backup.load import restoring_tool
from alembic_safety.guard.backup.plan import CLONE
from alembic_safety.guard.backup.restore import whole
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.clienttools import running_tool
from alembic_safety.postgres.identifiers import qualified, quote_ident
from alembic_safety.postgres.session import PsycopgSession

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from alembic_safety.guard.backup.folder import Entry
    from alembic_safety.guard.backup.manifest import Manifest, Table
    from alembic_safety.postgres.clienttools import Tool
    from alembic_safety.postgres.endpoint import Endpoint
    from alembic_safety.settings import Settings

_NAME_BYTES = 63
_CHUNK = 1 << 18


def restore_table(
    entry: Entry, endpoint: Endpoint, table: str, settings: Settings, *, name: str | None = None
) -> tuple[str, int, list[str]]:
    """Make a table with the columns and rows that another had in the backup: no constraints, no indexes, no triggers.

    :param table: as SQL writes it, the schema may be left out where that is clear; of a partitioned table all partitions are taken.
    :param name: of the new table, as SQL writes it; by default one of our own schema, which no comparison and no autogenerate sees.
    :returns: the new table, its rows, and notes.
    :raises BackupError: it can't be done; nothing is left then.
    """
    import psycopg

    manifest = whole(entry)
    if manifest.kind == CLONE:
        raise BackupError(
            f"backup {manifest.id} is a whole database: make one of it with --into, and take the table from there"
        )
    parts = _parts(manifest, table)
    columns = list(dict.fromkeys(column for part in parts for column in manifest.tables[part].columns))
    try:
        with endpoint.connect(autocommit=False) as connection:
            tool = restoring_tool(settings, manifest, connection.info.server_version // 10000)
            session = PsycopgSession(connection)
            target = _target(session, name, parts[0] if len(parts) == 1 else table)
            notes = _create(connection, session, target, columns)
            connection.execute(f"SET client_encoding = '{manifest.database['encoding']}'", prepare=False)
            rows = sum(_copy(connection, tool, entry.folder, part, manifest.tables[part], target) for part in parts)
            wanted = sum(manifest.tables[part].rows for part in parts)
            if rows != wanted:
                raise BackupError(f"the backup gave {rows} rows of {table} instead of {wanted}")
    except psycopg.Error as error:
        raise BackupError(
            f"{table} could not be taken out of the backup: {str(error).strip().splitlines()[0]}"
        ) from error
    return target, rows, notes


def _parts(manifest: Manifest, table: str) -> list[str]:
    """The tables whose rows are meant."""
    exact = [name for name, t in manifest.tables.items() if table in (name, t.root)]
    if exact:
        return exact
    wanted = {n for n in _known(manifest) if n.partition(".")[2] == table or n.endswith(f".{table}")}
    if len(wanted) == 1:
        (one,) = wanted
        return [name for name, t in manifest.tables.items() if one in (name, t.root)]
    if wanted:
        raise BackupError(f"the backup holds several tables {table}: say which of {', '.join(sorted(wanted))}")
    raise BackupError(f"backup {manifest.id} holds no rows of a table {table}: write it as SQL does, with its schema")


def _known(manifest: Manifest) -> set[str]:
    return {*manifest.tables, *(t.root for t in manifest.tables.values() if t.root)}


def _target(session: PsycopgSession, name: str | None, table: str) -> str:
    """The new table's name as SQL, quoted."""
    if name is not None:
        parts = [str(part) for part in session.fetch("SELECT pg_catalog.parse_ident(%s)", [name])[0][0]]
        if len(parts) > 2:
            raise BackupError(f"{name} can't be the name of a table: write schema.table")
        return qualified(parts[0] if len(parts) == 2 else None, parts[-1])
    try:
        own_schema.ensure(session)
    except Exception as error:
        raise BackupError(
            f"the table can't be made in schema {own_schema.NAME} ({str(error).splitlines()[0]}): name another with --as"
        ) from error
    bare = str(session.fetch("SELECT pg_catalog.parse_ident(%s)", [table])[0][0][-1])
    suffix = datetime.now(timezone.utc).strftime("_restored_%Y%m%d%H%M%S")
    return qualified(own_schema.NAME, bare.encode()[: _NAME_BYTES - len(suffix)].decode(errors="ignore") + suffix)


def _create(
    connection: psycopg.Connection[Any], session: PsycopgSession, target: str, columns: list[tuple[str, str]]
) -> list[str]:
    import psycopg

    notes, defined = [], []
    known: dict[str, bool] = {}
    for name, type_name in columns:
        if type_name not in known:
            try:
                with connection.transaction():
                    session.fetch(f"SELECT NULL::{type_name}")
                known[type_name] = True
            except psycopg.Error:
                known[type_name] = False
        if not known[type_name]:
            notes.append(f"column {name} is text here, because the type {type_name} is gone")
        defined.append(f"{quote_ident(name)} {type_name if known[type_name] else 'text'}")
    session.execute(f"CREATE TABLE {target} ({', '.join(defined)})")
    return notes


def _copy(connection: psycopg.Connection[Any], tool: Tool, folder: Path, part: str, table: Table, target: str) -> int:
    """Load the rows of one table of the backup; how many that were."""
    schema, name = (str(p) for p in connection.execute("SELECT pg_catalog.parse_ident(%s)", [part]).fetchall()[0][0])
    columns = ", ".join(quote_ident(column) for column, _ in table.columns)
    arguments = ["--file=-", "--data-only", f"--schema={schema}", f"--table={name}", str(folder / DATA)]
    rows = 0
    try:
        with running_tool(tool, arguments, {"dbname": "none"}, reads_output=True) as running:
            assert running.process.stdout is not None
            with connection.cursor() as cursor, cursor.copy(f"COPY {target} ({columns}) FROM STDIN") as copy:
                chunk = bytearray()
                for line in _data_lines(running.process.stdout):
                    chunk += line
                    rows += 1
                    if len(chunk) >= _CHUNK:
                        copy.write(bytes(chunk))
                        chunk.clear()
                copy.write(bytes(chunk))
            running.check()
    except SafetyError as error:
        raise BackupError(f"the rows of {part} could not be read from the backup: {error}") from error
    return rows


def _data_lines(script: IO[bytes]) -> Iterator[bytes]:
    """The lines of the COPY in a script of pg_restore."""
    inside = False
    for line in script:
        if not inside:
            inside = line.startswith(b"COPY ") and line.rstrip().endswith(b"FROM stdin;")
        elif line.rstrip(b"\r\n") == b"\\.":
            inside = False
        else:
            yield line
