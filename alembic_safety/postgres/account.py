"""Under which account a server runs: PostgreSQL refuses to be root."""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic_safety.errors import ServerError


@dataclass(frozen=True)
class Account:
    """A user of this machine that isn't root."""

    name: str
    uid: int
    gid: int

    def can_reach(self, path: Path) -> bool:
        """Whether every folder on the way to ``path``, and ``path`` itself, lets this account in (by mode bits)."""
        resolved = path.resolve()
        return all(self._may_enter(place) for place in (resolved, *resolved.parents))

    def _may_enter(self, place: Path) -> bool:
        try:
            state = place.stat()
        except OSError:
            return False
        if state.st_uid == self.uid:
            return bool(state.st_mode & stat.S_IXUSR)
        if state.st_gid == self.gid:
            return bool(state.st_mode & stat.S_IXGRP)
        return bool(state.st_mode & stat.S_IXOTH)


@lru_cache(maxsize=1)
def server_account() -> Account | None:
    """The account to run a server under when we are root: ``postgres``, else ``nobody``. None: simply as ourselves.

    Raises ServerError when we are root and the machine has neither.
    """
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    raise ServerError(
        "PostgreSQL does not run as root, and this machine has no user named postgres or nobody to run it: "
        "run as another user, or name a running server with --server URL"
    )


def run_as(account: Account | None) -> dict[str, Any]:
    """The arguments by which ``subprocess`` starts a program under ``account``."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}
