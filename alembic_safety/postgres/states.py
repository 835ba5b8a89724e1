"""Saved states: the data directory of a stopped server of ours, kept so that a later run needn't replay the history."""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from alembic_safety.errors import ServerError
from alembic_safety.postgres import places
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
    """Stop the server in good order, copy its data into the cache, and start it again.

    Raises ServerError when it doesn't start again. A copy that fails (a full disk) is no error: there is no such state then.
    """
    folder = _folder(cluster, key)
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    cluster.stop(clean=True)
    try:
        unfinished.mkdir(mode=0o700)
        places.copy_tree(cluster.data, unfinished / "data")
        (unfinished / "database").write_text(database)
        with places.locked(folder.parent.parent / "states.lock"):
            places.remove_tree(folder)
            unfinished.rename(folder)
            places.forget_oldest(folder.parent, keep=MOST_STATES, limit_bytes=MOST_BYTES)
    except (OSError, ServerError):
        places.remove_tree(unfinished)
    finally:
        cluster.start()


def fill(cluster: Cluster, key: str) -> bool:
    """Put the state saved under ``key`` in place as the data of a cluster that has none yet; False if there is none (any more)."""
    with places.locked(places.cache_folder() / "states.lock"):
        saved = find(cluster, key)
        if saved is None:
            return False
        with contextlib.suppress(OSError):
            os.utime(saved.parent)  # the least recently used are dropped
        try:
            cluster.fill(saved)
        except ServerError:
            return False
    return True


def restore(cluster: Cluster, key: str) -> str | None:
    """Start the server anew from a saved state, and return the name of the state's database.

    None, and the server goes on with the data that it had, when the state is gone. Raises ServerError.
    """
    aside = cluster.data.with_name("data.before")
    cluster.stop(clean=True)
    cluster.data.rename(aside)
    database = None
    if fill(cluster, key):
        database = (_folder(cluster, key) / "database").read_text()
        places.remove_tree(aside)
    else:
        places.remove_tree(cluster.data)
        aside.rename(cluster.data)
    cluster.start()
    return database
