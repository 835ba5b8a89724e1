"""A PgBouncer of our own, in front of a test's server."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy

PGBOUNCER = shutil.which("pgbouncer") or next(
    (path for path in ("/usr/sbin/pgbouncer", "/usr/local/sbin/pgbouncer") if Path(path).exists()), None
)


@contextlib.contextmanager
def pooler(folder: Path, url: sqlalchemy.URL, mode: str) -> Iterator[sqlalchemy.URL]:
    """The URL of the same database behind a PgBouncer in that mode: ``transaction`` | ``session``."""
    assert PGBOUNCER is not None
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    host = url.host or url.query.get("host")
    (folder / "users.txt").write_text(f'"{url.username}" "{url.password or "none"}"\n')
    server_port = url.port or url.query.get("port") or 5432
    password = f" password={url.password}" if url.password else ""
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n{url.database} = host={host} port={server_port} user={url.username}{password}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = plain\n"
        f"auth_file = {folder}/users.txt\npool_mode = {mode}\ndefault_pool_size = 20\nlogfile = {folder}/log\n"
        "ignore_startup_parameters = extra_float_digits\n"
    )
    command = [PGBOUNCER, "-q", str(folder / "pgbouncer.ini")]
    if os.name == "posix" and os.geteuid() == 0:  # it refuses to run as root
        account = (
            Path(str(host)).owner() if str(host).startswith("/") else "nobody"
        )  # it may look into the socket's folder
        for each in (folder, *folder.iterdir()):
            shutil.chown(each, account)
        for parent in folder.parents[:4]:
            with contextlib.suppress(OSError):
                parent.chmod(parent.stat().st_mode | 0o011)
        command[1:1] = ["-u", account]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        else:
            raise AssertionError(f"PgBouncer does not answer: {process.stderr.read() if process.poll() else ''}")
        yield url.set(host="127.0.0.1", port=port, query={}, password=url.password or "none")
    finally:
        process.terminate()
        process.communicate(timeout=20)
