"""Start a chain from a dump: for histories whose first revisions are gone or cannot be replayed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from alembic_safety.errors import ServerError, SourceError
from alembic_safety.postgres.clienttools import find_tool, run_tool

if TYPE_CHECKING:
    from alembic_safety.rehearsal.place import Place

_ARCHIVE = b"PGDMP"
_COPY = re.compile(rb"^COPY .* FROM stdin;\s*$", re.IGNORECASE)
#: psql's own commands that pg_dump writes; any other could leave the scratch database or run a program.
_HARMLESS = (b"\\restrict", b"\\unrestrict", b"\\.")
_NAME = rb'("(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_$]*)'
_ROLES = re.compile(rb"\b(?:OWNER TO|GRANT\b.*\bTO|REVOKE\b.*\bFROM|FOR ROLE|AUTHORIZATION)\s+" + _NAME, re.IGNORECASE)
_NO_ROLE = {"public", "current_user", "session_user", "current_role"}


def restore_baseline(place: Place, dump: Path, roles: list[str], *, option: str = "--baseline") -> None:
    """Load a dump of ``pg_dump`` (plain, custom, tar or directory format) into the scratch database.

    Roles that it names are created on a server of ours, and added to ``roles``.

    :param option: what the user named it by.
    :raises SourceError: the dump holds a command that pg_dump does not write.
    :raises ServerError: there is no psql or pg_restore that fits, or the dump can't be loaded.
    """
    with _as_sql(place, dump) as script:
        load_script(place, script, str(dump), roles, option=option)


def load_script(place: Place, script: IO[bytes], name: str, roles: list[str], *, option: str) -> None:
    """Load a script as ``pg_dump`` writes it. Raises as ``restore_baseline``."""
    server = place.server
    names = _check(script, name)
    if server.is_ours:
        roles += server.ensure_roles(sorted(names - {"postgres"}))
    psql = find_tool("psql", server.major, binaries=server.binaries)
    script.seek(0)
    arguments = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--file=-"]
    try:
        run_tool(psql, arguments, server.parameters(place.database.name), stdin=script)
    except ServerError as error:
        raise ServerError(f"{option}: {name} could not be loaded: {error}") from error


def _as_sql(place: Place, dump: Path) -> IO[bytes]:
    if dump.is_file():
        file: IO[bytes] = dump.open("rb")
        head = file.read(262)
        if not head.startswith(_ARCHIVE) and head[257:262] != b"ustar":
            file.seek(0)
            return file
        file.close()
    server = place.server
    tool = find_tool("pg_restore", server.major, binaries=server.binaries)
    script = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    try:
        run_tool(tool, ["--file=-", str(dump)], server.parameters(place.database.name), stdout=script)
    except ServerError:
        script.close()
        raise
    script.seek(0)
    return script


def _check(script: IO[bytes], dump: str) -> set[str]:
    """The roles that a dump names; refuses what pg_dump doesn't write."""
    names: set[str] = set()
    for number, line in _outside_of_data(script):
        if line.startswith(b"\\") and not line.startswith(_HARMLESS):
            raise SourceError(
                f"{line.decode(errors='replace').strip()!r} is a command of psql that leaves the scratch database: "
                "make the dump with pg_dump without --create",
                file=dump,
                line=number,
            )
        for match in _ROLES.finditer(line):
            name = match[1].decode(errors="replace")
            name = name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
            if name not in _NO_ROLE and not name.startswith("pg_"):
                names.add(name)
    return names


def _outside_of_data(script: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    inside = False
    for number, line in enumerate(script, 1):
        if inside:
            inside = line.rstrip(b"\r\n") != b"\\."
            continue
        inside = bool(_COPY.match(line))
        yield number, line
