"""Saved states: the data directory of a stopped server of ours, kept so that a later run needn't replay the history."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from alembic_safety.postgres import configuration, places
from alembic_safety.postgres.cluster import Cluster

MOST_STATES = 8
MOST_BYTES = 2 << 30


def _folder(cluster: Cluster, key: str) -> Path:
    name = hashlib.sha256(f"{cluster.binaries_key}\0{key}".encode()).hexdigest()[:32]
    return places.cache_folder("states") / name


def find(cluster: Cluster, key: str) -> Path | None:
    """The data directory saved under ``key`` for programs like those of ``cluster``; None if there is none."""
    data = _folder(cluster, key) / "data"
    return data if (data / "PG_VERSION").is_file() and (data.parent / "database").is_file() else None


def save(cluster: Cluster, key: str, database: str) -> None:
    """Stop the server in good order, copy its data into the cache, and start it again. Raises ServerError."""
    folder = _folder(cluster, key)
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    cluster.stop(clean=True)
    try:
        unfinished.mkdir(mode=0o700)
        places.copy_tree(cluster.data, unfinished / "data")
        (unfinished / "database").write_text(database)
        places.remove_tree(folder)
        unfinished.rename(folder)
    except OSError:
        # A full disk, or another run that saved the same state: the cache is a convenience.
        places.remove_tree(unfinished)
    finally:
        cluster.start()
    places.forget_oldest(folder.parent, keep=MOST_STATES, limit_bytes=MOST_BYTES)


def restore(cluster: Cluster, data: Path) -> str:
    """Start the server anew from a saved data directory; returns the name of the state's database. Raises ServerError."""
    cluster.stop()
    places.remove_tree(cluster.data)
    places.copy_tree(data, cluster.data)
    configuration.write(cluster, int((cluster.data / "PG_VERSION").read_text()))
    cluster.start()
    with contextlib.suppress(OSError):
        os.utime(data.parent)
    return (data.parent / "database").read_text()
