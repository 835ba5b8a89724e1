"""Who made something, and whether that process is certainly gone: what every deletion of a leftover rests on."""

from __future__ import annotations

import json
import os
import platform
import secrets
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

_ON_LINUX: bool = sys.platform == "linux"  # annotated, so that type checkers look at the other systems too
_ON_WINDOWS: bool = sys.platform == "win32"
_MAGIC = "alembic-safety scratch"


@dataclass(frozen=True)
class Owner:
    """One process of one boot of one machine (or container)."""

    machine: str
    boot: str
    """Identifies the boot of the machine, and the PID namespace within it: process ids mean nothing outside."""
    pid: int
    started: str
    """When the process started, as the system counts; tells it from a later one with the same id."""
    token: str
    """Random, one for each use: what was made under this token was made by that use."""

    def is_certainly_dead(self) -> bool:
        """True only when this machine can tell that the process no longer runs; False also for "can't tell"."""
        machine, boot = _machine()
        if self.machine != machine or not self.boot or not boot:
            return False
        if self.boot != boot:
            # Another PID namespace of this same boot can't be seen into; another boot is over.
            return self.boot.partition("/")[0] != boot.partition("/")[0]
        started = start_time(self.pid)
        return started is None or started != self.started

    def to_text(self) -> str:
        """A marker for a file or a comment; read by :func:`owner_in`."""
        return f"{_MAGIC} {json.dumps(asdict(self), sort_keys=True)}"


def owner_in(text: str | None) -> Owner | None:
    """The owner that a marker names; None if the text isn't exactly such a marker."""
    if text is None or not text.startswith(_MAGIC + " "):
        return None
    try:
        fields = json.loads(text[len(_MAGIC) + 1 :])
        owner = Owner(
            machine=str(fields["machine"]),
            boot=str(fields["boot"]),
            pid=int(fields["pid"]),
            started=str(fields["started"]),
            token=str(fields["token"]),
        )
    except (ValueError, TypeError, KeyError):
        return None
    return owner


def new_owner() -> Owner:
    """Name the process we are, with a fresh token."""
    machine, boot = _machine()
    pid = os.getpid()
    return Owner(machine, boot, pid, start_time(pid) or "", secrets.token_hex(8))


@lru_cache(maxsize=1)
def _machine() -> tuple[str, str]:
    """What identifies the machine, and its boot with the PID namespace."""
    machine_id = _read("/etc/machine-id") or _read("/var/lib/dbus/machine-id")
    machine = f"{platform.node()} {machine_id}".strip()
    if _ON_LINUX:
        boot = _read("/proc/sys/kernel/random/boot_id")
        try:
            namespace = os.readlink("/proc/self/ns/pid")
        except OSError:
            namespace = ""
        return machine, f"{boot}/{namespace}" if boot else ""
    if _ON_WINDOWS:
        return machine, "windows"  # process start times there are absolute: no boot is needed to tell them apart
    return machine, _run("sysctl", "-n", "kern.boottime") or "unix"


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _run(*command: str) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def start_time(pid: int) -> str | None:
    """When a process started, in the system's own form; None when there is no such process."""
    if _ON_LINUX:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (OSError, UnicodeDecodeError):
            return None
        after_name = stat.rpartition(")")[2].split()
        return None if after_name[0] in "ZX" else after_name[19]
    if _ON_WINDOWS:
        return _windows_start_time(pid)
    return _run("ps", "-o", "lstart=", "-p", str(pid)) or None


def _windows_start_time(pid: int) -> str | None:
    import ctypes
    from ctypes import wintypes

    library: Any = ctypes
    kernel = library.WinDLL("kernel32", use_last_error=True)
    kernel.OpenProcess.restype = wintypes.HANDLE
    query_limited_information = 0x1000
    handle = kernel.OpenProcess(query_limited_information, False, pid)
    if not handle:
        access_denied = 5
        return "?" if library.get_last_error() == access_denied else None
    try:
        times = [wintypes.FILETIME() for _ in range(4)]
        if not kernel.GetProcessTimes(wintypes.HANDLE(handle), *(ctypes.byref(each) for each in times)):
            return "?"
        created, exited = times[0], times[1]
        if exited.dwHighDateTime or exited.dwLowDateTime:
            return None
        return str((created.dwHighDateTime << 32) | created.dwLowDateTime)
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))
