"""Extensions: which a server has, which we stand in for, and what to do about the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from alembic_safety.errors import ExtensionMissingError
from alembic_safety.postgres.session import sqlstate

if TYPE_CHECKING:
    from alembic_safety.postgres.server import Server

_CONTROL_FILE = re.compile(r'extension/([^/"\s]+)\.control')
_LIBRARY = re.compile(r'([^/\\"\s]+)\.(?:so|dylib|dll)"')
_NAMED = re.compile(r'extension "([^"]+)"')

_CONTRIB = frozenset(
    """
    adminpack amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance file_fdw fuzzystrmatch
    hstore insert_username intagg intarray isn lo ltree moddatetime old_snapshot pageinspect pg_buffercache pg_freespacemap
    pg_logicalinspect pg_prewarm pg_stat_statements pg_surgery pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks pgstattuple
    postgres_fdw refint seg sslinfo tablefunc tcn tsm_system_rows tsm_system_time unaccent uuid-ossp xml2
    """.split()  # noqa: SIM905
)

# What Debian (and PostgreSQL's own repository for it) calls the package of an extension, after "postgresql-<major>-".
_DEBIAN = {
    "address_standardizer": "postgis-3",
    "age": "age",
    "h3": "h3",
    "hll": "hll",
    "hypopg": "hypopg",
    "ip4r": "ip4r",
    "orafce": "orafce",
    "pg_cron": "cron",
    "pg_hint_plan": "pg-hint-plan",
    "pg_ivm": "pg-ivm",
    "pg_partman": "partman",
    "pg_qualstats": "pg-qualstats",
    "pg_repack": "repack",
    "pg_similarity": "similarity",
    "pg_squeeze": "squeeze",
    "pg_stat_kcache": "pg-stat-kcache",
    "pg_uuidv7": "pg-uuidv7",
    "pgaudit": "pgaudit",
    "pglogical": "pglogical",
    "pgmq": "pgmq",
    "pgrouting": "pgrouting",
    "pgsodium": "pgsodium",
    "pgtap": "pgtap",
    "plv8": "plv8",
    "postgis": "postgis-3",
    "postgis_raster": "postgis-3",
    "postgis_tiger_geocoder": "postgis-3",
    "postgis_topology": "postgis-3",
    "prefix": "prefix",
    "q3c": "q3c",
    "rum": "rum",
    "semver": "semver",
    "temporal_tables": "temporal-tables",
    "timescaledb": "timescaledb",
    "unit": "unit",
    "vector": "pgvector",
}
_DEBIAN_LANGUAGES = {
    "plperl": "postgresql-plperl-{major}",
    "plperlu": "postgresql-plperl-{major}",
    "plpython3u": "postgresql-plpython3-{major}",
    "pltcl": "postgresql-pltcl-{major}",
    "pltclu": "postgresql-pltcl-{major}",
}


def stand_ins(server: Server) -> tuple[str, ...]:
    """The extensions that ``server`` has only as stand-ins of ours.

    Nothing in its catalogs tells them from the real ones (comment and version are the same, so that a catalog with a stand-in has
    the same fingerprint): the installation's own folder does.
    """
    if server.cluster is None or server.major < 18:
        return ()
    row = server.maintenance().execute("SELECT setting FROM pg_config WHERE name = 'SHAREDIR'").fetchone()
    installed = Path(row[0] if row else "") / "extension"
    offered = sorted(control.stem for control in (server.cluster.run / "standins" / "extension").glob("*.control"))
    return tuple(name for name in offered if not (installed / f"{name}.control").exists())


def extension_missing(error: BaseException, server: Server) -> ExtensionMissingError | None:
    """What a database error says of an extension that isn't installed, with the remedy; None for any other error.

    It recognises the failure to open a control file by SQLSTATE (58P01, 0A000 in newer versions) and the file's name, which no
    language changes.
    """
    if sqlstate(error) not in ("58P01", "0A000"):
        return None
    inner = getattr(error, "orig", None) or error
    diagnostics = getattr(inner, "diag", None)
    parts = (getattr(diagnostics, part, None) for part in ("message_primary", "message_detail"))
    text = "\n".join(part for part in parts if part) or f"{inner}\n{getattr(inner, 'detail', None) or ''}"
    lacking = "is not installed"
    match = _CONTROL_FILE.search(text)
    if match is None and getattr(diagnostics, "source_function", None) == "internal_load_library":
        match, lacking = _LIBRARY.search(text), f"can't be loaded ({text.splitlines()[0]})"
    if match is None:
        match = _NAMED.search(text) if getattr(diagnostics, "source_file", None) == "extension.c" else None
    if match is None:
        return None
    name = match[1]
    return ExtensionMissingError(
        f'The extension "{name}" {lacking} on {server.origin} (PostgreSQL {server.version}): {remedy(name, server)}',
        extension=name,
    )


def remedy(name: str, server: Server) -> str:
    """What a user can do to have the extension ``name`` on a server like this one."""
    package = debian_package(name, server.major)
    other = "rehearse on a server that has it with --server URL"
    if not server.is_ours:
        return f"install it there ({package} on Debian), or {other}" if package else f"install it there, or {other}"
    if package is None:
        return f"install PostgreSQL with that extension on this machine, or {other}"
    return f"install a PostgreSQL with it on this machine (Debian: apt install {package}), or {other}"


def debian_package(name: str, major: int) -> str | None:
    """The Debian package that brings the extension ``name`` for that major version; None if we know of none."""
    if name in _CONTRIB:
        return f"postgresql-{major}"  # contrib is part of the server's package there
    if name in _DEBIAN_LANGUAGES:
        return _DEBIAN_LANGUAGES[name].format(major=major)
    return f"postgresql-{major}-{_DEBIAN[name]}" if _DEBIAN.get(name) else None
