"""How a throwaway server is set: nothing is synced to disk, while locks, transactions and types behave as anywhere."""

from __future__ import annotations

import os
import socket
import sys
from importlib import resources
from typing import TYPE_CHECKING

from alembic_safety.postgres import places
from alembic_safety.postgres.identifiers import quote_literal

if TYPE_CHECKING:
    from alembic_safety.postgres.cluster import Cluster

NEEDS_PASSWORD = sys.platform == "win32" or not hasattr(socket, "AF_UNIX")
"""Whether the server listens on the loopback with a password, for want of unix sockets."""

WAL_SEGMENT_MB = "4"

_SETTINGS = {
    # Its data is worth nothing after a crash of the machine, so nothing waits for a disk.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "1GB",
    # No background process acts on the objects under observation.
    "autovacuum": "off",
    "max_logical_replication_workers": "0",
    "jit": "off",
    # A revision that creates a thousand partitions in one transaction is no error of the rehearsal's.
    "max_connections": "100",
    "max_locks_per_transaction": "512",
    "shared_buffers": "128MB",
    "huge_pages": "off",
    # CREATE PUBLICATION warns below this level.
    "wal_level": "logical",
    "max_wal_senders": "5",
    "max_replication_slots": "5",
    "max_prepared_transactions": "5",  # env.py files with USE_TWOPHASE
    "track_functions": "all",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "datestyle": "ISO, MDY",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "port": "5432",
}


def write(cluster: Cluster, major: int) -> None:
    """Write the configuration of ``cluster`` into its data directory."""
    settings = dict(_SETTINGS, port=str(cluster.port))
    if NEEDS_PASSWORD:
        settings |= {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        access = "host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n"
    else:
        # The folder of the socket is closed to everyone else: that is the access control.
        settings |= {"listen_addresses": "", "unix_socket_directories": cluster.host}
        access = "local all all trust\nlocal replication all trust\n"
    if places.in_memory(cluster.folder):
        settings["dynamic_shared_memory_type"] = "mmap"  # in the data directory, where it can't outlive a killed server
    if major >= 18:
        settings["io_method"] = "sync"  # no worker processes to start
        settings["extension_control_path"] = f"$system{os.pathsep}{_copy_stand_ins(cluster)}"
    settings |= cluster.extra_settings
    lines = [f"{name} = {_conf_value(value)}\n" for name, value in settings.items()]
    (cluster.data / "postgresql.conf").write_text("".join(lines), encoding="utf-8")
    (cluster.data / "pg_hba.conf").write_text(access, encoding="utf-8")


def _conf_value(value: str) -> str:
    return quote_literal(value).removeprefix("E")


def _copy_stand_ins(cluster: Cluster) -> str:
    """Stand-in extensions lie in the server's own folder: the package's may be closed to the server's account."""
    target = cluster.run / "standins" / "extension"
    if not target.is_dir():
        target.mkdir(parents=True)
        for file in resources.files("alembic_safety.postgres").joinpath("standins").iterdir():
            if file.name.endswith((".sql", ".control")):
                (target / file.name).write_bytes(file.read_bytes())
        if cluster.account is not None:
            for path in (target.parent, target, *target.iterdir()):
                os.chown(path, cluster.account.uid, cluster.account.gid)
    return str(target.parent)


def locales(major: int) -> list[list[str]]:
    """The locale options of initdb to try in turn: code point order everywhere, and characters as Unicode has them."""
    choices = [["--locale=C.UTF-8"], ["--locale=C.utf8"]]
    if major >= 17:
        choices.append(["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"])
    return [*choices, ["--locale=C"]]


def environment() -> dict[str, str]:
    """Our environment for PostgreSQL's programs: without what would redirect them, and with messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C"}
