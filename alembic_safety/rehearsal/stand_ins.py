"""What migrations expect of a server and ours lacks: roles and schemas of a run that stand in for the real ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from alembic_safety.errors import RehearsalError, UsageError
from alembic_safety.postgres.identifiers import quote_ident
from alembic_safety.postgres.roles import missing_role_in
from alembic_safety.postgres.schemas import missing_schema_in
from alembic_safety.postgres.session import sqlstate
from alembic_safety.rehearsal.failure import driver_error
from alembic_safety.rehearsal.search_path import made_by_nobody

if TYPE_CHECKING:
    from alembic_safety.postgres.server import Server
    from alembic_safety.rehearsal.options import Options
    from alembic_safety.rehearsal.place import Place
    from alembic_safety.rehearsal.stage import Stage
    from alembic_safety.revisions.chain import Revision

#: What a database may have had before its first revision.
_UNDEFINED_SCHEMA, _UNDEFINED_TABLE = "3F000", "42P01"
BEGIN_ELSEWHERE = (
    "where your database has it before the first revision, start from that: --baseline FILE@base, a dump or SQL script"
)


class StandIns:
    """Those of one run; nothing is created on a server that isn't ours."""

    def __init__(self, server: Server, options: Options) -> None:
        self.server = server
        self.options = options
        self.roles: list[str] = []
        self.schemas: list[str] = []

    def notes(self, place: Place) -> Iterator[str]:
        """What stood in for something else."""
        if self.roles:
            yield f"roles that the migrations name and this server lacks were created as stand-ins: {', '.join(self.roles)}"
        if self.schemas:
            yield (
                "schemas that the first revision expects were created as stand-ins: "
                f"{', '.join(self.schemas)}; --baseline FILE@base starts from what your database really begins with"
            )
        for name in self.server.stand_ins:
            if self._extension_is_used(name, place):
                yield f"extension {name} is a stand-in of ours on this server: it does what migrations usually need, not all"

    def _extension_is_used(self, name: str, place: Place) -> bool:
        with self.server.connect(place.database.name) as connection:
            row = connection.execute("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = %s", (name,)).fetchone()
        return row is not None

    def for_environment(self, error: RehearsalError, place: Place) -> bool:
        """Create the role that env.py named (SET ROLE), as the owner of the database, which it will be where this is in use."""
        cause = error.__cause__
        role = missing_role_in(driver_error(cause)) if cause is not None and self.server.is_ours else None
        if role is None or not (made := self.server.ensure_roles([role])):
            return False
        self.roles += made
        if self.options.role is None:
            self._own(role, place)
        return True

    def for_failure(self, cause: BaseException, stage: Stage, place: Place) -> tuple[str, ...]:
        """Create the role or schema that a revision missed; what was created, in words."""
        if not self.server.is_ours:
            return ()
        error = driver_error(cause)
        role, schema = missing_role_in(error), missing_schema_in(error)
        if role is not None and (made := self.server.ensure_roles([role])):
            self.roles += made
            return tuple(f"role {name}" for name in made)
        # What a later revision expects and misses is the history's own mistake.
        if schema is not None and not stage.heads and self.options.baseline is None:
            self.make_schemas([schema], place)
            self.schemas.append(schema)
            return (f"schema {schema}",)
        return ()

    def may_begin_elsewhere(self, stage: Stage, error: BaseException) -> bool:
        """Whether a revision seems to miss something that no revision makes."""
        state = sqlstate(error)
        return self.options.baseline is None and (
            state == _UNDEFINED_SCHEMA or (not stage.heads and state == _UNDEFINED_TABLE)
        )

    def make_schemas(self, names: Iterable[str], place: Place) -> None:
        """Create schemas, as whoever migrates will own them."""
        by = f" AUTHORIZATION {quote_ident(self.options.role)}" if self.options.role is not None else ""
        with self.server.connect(place.database.name) as connection:
            for name in names:
                connection.execute(f"CREATE SCHEMA {quote_ident(name)}{by}", prepare=False)

    def make_path(self, revisions: Iterable[Revision], place: Place) -> None:
        """Create the schemas of the search_path that production has had before its first revision."""
        names = made_by_nobody(self.options.search_path, (revision.source for revision in revisions))
        if not names:
            return
        with self.server.connect(place.database.name) as connection:
            there = {name for (name,) in connection.execute("SELECT nspname::text FROM pg_catalog.pg_namespace")}
        self.make_schemas([name for name in names if name not in there], place)

    def login_role(self, role: str, place: Place) -> None:
        """Let a role own the database and connect to it; it is created where it isn't there.

        :raises UsageError: the server isn't ours.
        """
        if not self.server.is_ours:
            raise UsageError("--role works on a server of our own: with --server, give a URL of that role")
        self.server.ensure_roles([role])
        self.server.maintenance().execute(f"ALTER ROLE {quote_ident(role)} LOGIN")
        self._own(role, place)

    def _own(self, role: str, place: Place) -> None:
        name = quote_ident(place.database.name)
        self.server.maintenance().execute(f"ALTER DATABASE {name} OWNER TO {quote_ident(role)}")
