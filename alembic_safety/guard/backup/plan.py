"""What is backed up before a run, and why: by the setting ``backup``, and for ``auto`` by what the certificates say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import BackupError, ServerError
from alembic_safety.guard.backup.folder import default_folder
from alembic_safety.postgres import own_schema
from alembic_safety.postgres.clienttools import Tool, find_tool
from alembic_safety.postgres.contents import Relation, relations
from alembic_safety.rehearsal.certificate import Grade, Status, read_certificate
from alembic_safety.rehearsal.closure import entries
from alembic_safety.settings.values import shown_size

if TYPE_CHECKING:
    from alembic_safety.postgres.session import Session
    from alembic_safety.rehearsal.certificate import Certificate
    from alembic_safety.revisions.chain import Chain
    from alembic_safety.settings import Settings

AUTO = "auto"
NONE = "none"
FULL = "full"
AFFECTED = "affected"
CLONE = "clone"
COMMAND = "command"
#: Share of the tables' bytes that a compressed dump takes at most, with everyday data (measured: a fifth).
_COMPRESSED = 0.5
#: Locks of statements that may change rows, or replace all of them.
_WRITING = frozenset({"RowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"})
_WITH_ROWS = ("table", "sequence", "materialized_view")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be backed up."""

    #: none | full | affected | clone | command
    kind: str
    #: A part of a sentence: why this.
    why: str
    #: Of the kind ``affected``: the tables and sequences, as SQL writes them.
    relations: tuple[str, ...] = ()
    #: Bytes of the tables concerned.
    size: int = 0
    #: Something else was wanted and can't be had: worth a warning.
    falls_short: bool = False
    #: Whether a failure stops the migration.
    insists: bool = True
    tool: Tool | None = None

    @property
    def estimate(self) -> int:
        """Bytes on disk that it will need at most, with everyday data; 0 where that is not ours to know."""
        return 0 if self.kind in (NONE, COMMAND) else self.size if self.kind == CLONE else int(self.size * _COMPRESSED)

    def describe(self) -> str:
        """In one line, for people."""
        what = {
            NONE: "no backup",
            FULL: f"a backup of everything ({shown_size(self.size)} of tables)",
            AFFECTED: f"a backup of {len(self.relations)} tables and sequences ({shown_size(self.size)})",
            CLONE: f"a copy of the whole database beside it ({shown_size(self.size)})",
            COMMAND: "a backup by your own command",
        }[self.kind]
        return f"{what}: {self.why}"


def backup_folder(settings: Settings) -> Path:
    """Where backups lie."""
    return settings.backup_dir or default_folder()


def plan_backup(
    session: Session, chain: Chain | None, revisions: Sequence[str], settings: Settings, *, is_upgrade: bool = True
) -> Plan:
    """Decide.

    :param session: on the database, in any state that can be read from.
    :param revisions: what is about to be run.
    :raises BackupError: what the setting asks for can't be done.
    """
    policy = NONE if settings.backup == "off" else settings.backup
    if policy == NONE:
        return Plan(kind=NONE, why="the setting backup says so")
    if policy == COMMAND:
        if not settings.backup_command:
            raise BackupError("backup = command needs the setting backup_command, which says what to run")
        return Plan(kind=COMMAND, why="the setting backup says so")
    there = relations(session)
    known = _certificates(chain, revisions)
    unknown = [revision for revision in revisions if revision not in known]
    if policy == CLONE:
        return Plan(kind=CLONE, why="the setting backup says so", size=_size(there))
    if policy == FULL:
        return _with_tool(_full(there, "the setting backup says so"), session, there, settings)
    if policy == AFFECTED:
        if unknown:
            raise BackupError(
                f"backup = affected needs to know what is touched, and no valid certificate says so of {_listed(unknown)}: "
                "'alembic safety-downgrade' makes them, backup = full takes everything"
            )
        return _with_tool(_affected(there, known, "the setting backup says so"), session, there, settings)
    wanted = _by_certificates(there, known, unknown, settings, is_upgrade=is_upgrade)
    if wanted.kind == NONE:
        return wanted
    try:
        return _with_tool(_readable(there, wanted), session, there, settings)
    except BackupError as error:
        return Plan(kind=NONE, why=f"{wanted.why}, but {error}", falls_short=True, insists=False)


def plan_named(session: Session, kind: str, tables: Sequence[str], settings: Settings) -> Plan:
    """What a user asks for by name.

    :param kind: full | clone | command; with ``tables`` only their rows are taken.
    :raises BackupError: it can't be done.
    """
    why = "asked for"
    if kind == COMMAND:
        if not settings.backup_command:
            raise BackupError("the kind command needs the setting backup_command, which says what to run")
        return Plan(kind=COMMAND, why=why)
    there = relations(session)
    if kind == CLONE:
        return Plan(kind=CLONE, why=why, size=_size(there))
    if not tables:
        return _with_tool(_full(there, why), session, there, settings)
    known = {r.identity for r in there}
    for table in tables:
        if table not in known:
            raise BackupError(f"there is no table {table}: write it as SQL does, with its schema (public.orders)")
    names = _with_parts(there, tables)
    size = sum(r.size for r in there if r.identity in names)
    return _with_tool(Plan(kind=AFFECTED, why=why, relations=tuple(names), size=size), session, there, settings)


def _by_certificates(
    there: list[Relation],
    known: Mapping[str, Certificate],
    unknown: Sequence[str],
    settings: Settings,
    *,
    is_upgrade: bool,
) -> Plan:
    size = _size(there)
    if not _holds_something([r for r in there if r.readable]):
        return Plan(kind=NONE, why="there is no table yet that could be backed up", insists=False)
    lossy = {r: c for r, c in known.items() if c.grade is not Grade.EXACT} if is_upgrade else dict(known)
    if unknown:
        why = f"no valid certificate says what {_listed(unknown)} will touch"
        if settings.backup_limit is not None and size > settings.backup_limit:
            return Plan(
                kind=NONE,
                why=f"{why}, and everything is {shown_size(size)}, more than backup_limit ({shown_size(settings.backup_limit)}); "
                "backup = full takes it all the same, 'alembic safety-downgrade' makes the certificates",
                falls_short=True,
                insists=False,
            )
        return _full(there, why, insists=bool(lossy))
    if not lossy:
        return Plan(
            kind=NONE, why="every revision is proven to be exact: its downgrade gives back the schema and every row"
        )
    why = (
        f"{_listed(list(lossy))} can't be taken back without loss"
        if is_upgrade
        else f"what was written since may get lost with {_listed(list(lossy))}"
    )
    plan = _affected(there, lossy, why)
    if not plan.relations:
        return Plan(kind=NONE, why="the revisions touch no table that is there", insists=False)
    return plan


def _full(there: list[Relation], why: str, *, insists: bool = True) -> Plan:
    return Plan(kind=FULL, why=why, size=_size(there), insists=insists)


def _affected(there: list[Relation], known: Mapping[str, Certificate], why: str) -> Plan:
    names = touched(there, known.values())
    return Plan(kind=AFFECTED, why=why, relations=tuple(names), size=sum(r.size for r in there if r.identity in names))


def touched(there: list[Relation], certificates: Iterable[Certificate]) -> list[str]:
    """The tables and sequences that revisions change, by their certificates, as far as they are there; with all partitions.

    Rows that are changed show by the locks of statements, and by the reasons of the grade. A certificate that knows no locks may
    mean every table that its closure lists, also those that are only referred to.
    """
    known = {r.identity for r in there}
    found: set[str] = set()
    for certificate in certificates:
        found.update(_container(f"{reason}.", known) for reason in certificate.reasons)
        for proof in certificate.proofs.values():
            for (kind, identity), before, after in entries(proof.closure or {}):
                if before != after or (proof.activity is None and kind in _WITH_ROWS):
                    found.add(identity if kind in _WITH_ROWS else _container(identity, known))
            found.update(
                table
                for statement in proof.activity or ()
                for table, lock in statement.locks.items()
                if lock in _WRITING
            )
    return _with_parts(there, found & known)


def _container(identity: str, known: Collection[str]) -> str:
    """``public.t`` of ``public.t.id`` or ``public.t: a reason``; '' where there is none."""
    ends = (i for i, letter in enumerate(identity) if letter in ".:")
    return next((identity[:i] for i in ends if identity[:i] in known), "")


def _with_parts(there: list[Relation], tables: Collection[str]) -> list[str]:
    """The tables with their partitions, and the sequences that belong to columns of any of them."""
    found = {r.identity for r in there if r.identity in tables or r.root in tables}
    return sorted(found | {r.identity for r in there if r.owner in found})


def _with_tool(plan: Plan, session: Session, there: list[Relation], settings: Settings) -> Plan:
    """The plan, with the pg_dump that carries it out. Raises BackupError where it can't be carried out."""
    closed = _closed(there, plan)
    if closed:
        raise BackupError(
            f"the migrating role may not read all of {_named(closed)}"
            ": grant it pg_read_all_data (and BYPASSRLS where policies hide rows)"
        )
    major = int(session.fetch("SHOW server_version_num")[0][0]) // 10000
    return replace(plan, tool=client(settings, "pg_dump", major))


def _closed(there: list[Relation], plan: Plan) -> list[Relation]:
    """What a plan needs and pg_dump may not read. What is ours in the database is no reason: it is left out then."""
    return [
        r
        for r in there
        if not r.readable
        and r.kind != "m"
        and r.schema != own_schema.NAME
        and (plan.kind == FULL or r.identity in plan.relations)
    ]


def _readable(there: list[Relation], plan: Plan) -> Plan:
    """As much of everything as may be read."""
    closed = _closed(there, plan)
    if plan.kind != FULL or not closed:
        return plan
    open_ = [r for r in there if r.readable and r.kind in ("r", "S")]
    return replace(
        plan,
        kind=AFFECTED,
        why=f"{plan.why}; left out is what the migrating role may not read: {_named(closed)}",
        relations=tuple(r.identity for r in open_),
        size=_size(open_),
        falls_short=True,
    )


def _named(found: list[Relation]) -> str:
    return found[0].identity + (f" and {len(found) - 1} more" if len(found) > 1 else "")


def client(settings: Settings, name: str, major: int) -> Tool:
    """A client program for a server of a major version: from the setting ``pg_bin``, else from anywhere on this machine.

    :raises BackupError: there is none.
    """
    folder = settings.pg_bin if settings.pg_bin is not None and _has(settings.pg_bin, name) else None
    try:
        try:
            return find_tool(name, major, folder=folder)
        except ServerError:
            if folder is None:
                raise
            return find_tool(name, major)
    except ServerError as error:
        found = str(error).partition(" (found only ")[2].partition(")")[0]
        older = f" (found only {found})" if found else ""
        raise BackupError(
            f"there is no {name} for a PostgreSQL {major} server{older}, and an older one can't be used: install its client "
            f"programs (Debian: postgresql-client-{major}), or name their folder with the setting pg_bin"
        ) from error


def _has(folder: Path, name: str) -> bool:
    return any((folder / f"{name}{suffix}").is_file() for suffix in ("", ".exe"))


def _certificates(chain: Chain | None, revisions: Sequence[str]) -> dict[str, Certificate]:
    """The valid certificates that say what their revision touches."""
    found = {}
    for identifier in revisions:
        revision = chain.by_id.get(identifier) if chain is not None else None
        if revision is None:
            continue
        status, certificate = read_certificate(revision)
        if certificate is not None and status is Status.VALID:
            closures = [proof.closure for proof in certificate.proofs.values()]
            if closures and all(closure is not None for closure in closures):
                found[identifier] = certificate
    return found


def _holds_something(there: list[Relation]) -> bool:
    return any(r.kind == "r" and r.schema != own_schema.NAME and r.name != "alembic_version" for r in there)


def _size(there: list[Relation]) -> int:
    return sum(r.size for r in there)


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items[:3]) + (f" and {len(items) - 3} more" if len(items) > 3 else "")
