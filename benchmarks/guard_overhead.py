"""What the hooks add to ``alembic upgrade head``: 100 revisions on a schema of 300 tables, with hooks and without, in turn.

``python benchmarks/guard_overhead.py [--rounds 3] [--revisions 100] [--one-transaction]``; CPU seconds of the child process and of the
whole call by the clock, backups off, certificates valid. Without hooks is Alembic's generic ``env.py``, with hooks the same after
the two lines that ``safety-init`` changes; an unmeasured round compiles the byte code, as an installed package has it. The limits
are 10 % and 0.5 s.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from alembic_safety.postgres.server import throwaway_server
from tests.support.project import Project

TABLES = 300
_INI = "[alembic]\nscript_location = %(here)s/{way}\nversion_locations = %(here)s/versions\npath_separator = os\n"
_ENV = """\
import os

from alembic import context
from sqlalchemy import create_engine, pool
{import_}
engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None, transaction_per_migration={each}{options})
    {run}
"""
_PLAIN = {"import_": "", "options": "", "run": "with context.begin_transaction():\n        context.run_migrations()"}
_HOOKED = {
    "import_": "from alembic_safety import hooks\n",
    "options": ", **hooks.options()",
    "run": "hooks.run(context)",
}


def project(folder: Path, revisions: int, *, each: bool) -> Project:
    """A first revision with all tables, and the ones that are measured, with an ``env.py`` of either kind."""
    made = Project.new(folder)
    for way, lines in (("plain", _PLAIN), ("hooked", _HOOKED)):
        (folder / way).mkdir()
        (folder / way / "env.py").write_text(_ENV.format(**lines, each=each))
        (folder / f"{way}.ini").write_text(_INI.format(way=way))
    statements = [
        f"create table t{n} (id int primary key, a text, b int, c timestamptz default now()); create index on t{n} (b)"
        for n in range(TABLES)
    ]
    made.add("r0000", "\n".join(f"op.execute({each_one!r})" for each_one in statements))
    for number in range(1, revisions + 1):
        table, column = f"t{number % TABLES}", f"d{number // TABLES}"
        texts = (f"alter table {table} add column {column} int", f"create index {table}_{column} on {table} ({column})")
        made.add(f"r{number:04}", "\n".join(f"op.execute({text!r})" for text in texts))
    return made


def main() -> int:
    """Measure, and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--revisions", type=int, default=100)
    parser.add_argument("--one-transaction", action="store_true", help="for all revisions (default: one for each)")
    parser.add_argument("--folder", type=Path, help="keep the project and its certificates there, for another time")
    parser.add_argument("--uncertified", action="store_true", help="without certificates (default: with them)")
    chosen = parser.parse_args()
    spent: dict[str, list[tuple[float, float]]] = {"hooked": [], "plain": []}
    with tempfile.TemporaryDirectory() as name, throwaway_server() as server:
        folder = chosen.folder or Path(name) / "project"
        is_new = not folder.exists()
        made = project(folder, chosen.revisions, each=not chosen.one_transaction) if is_new else Project(folder)
        base = server.create_database()

        def alembic(way: str, url: str, *arguments: str) -> None:
            environment = {
                **os.environ, "DATABASE_URL": url, "PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONDONTWRITEBYTECODE": "",
            }  # fmt: skip
            done = subprocess.run(
                [sys.executable, "-m", "alembic", "-c", f"{way}.ini", *arguments],
                cwd=made.folder,
                check=False,
                capture_output=True,
                text=True,
                env=environment,
            )
            if done.returncode:
                sys.exit(done.stdout + done.stderr)

        url = server.url().render_as_string(hide_password=False)
        base_url = base.url.render_as_string(hide_password=False)
        if is_new and not chosen.uncertified:
            alembic("hooked", base_url, "-x", "safety.verify=off", "safety-downgrade", "--force", "--server", url)
        alembic("hooked", base_url, "-x", "safety.backup=none", "upgrade", "r0000")
        for number in range(chosen.rounds + 1):
            for way, figures in spent.items():
                copy = server.create_database(base)
                before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
                address = copy.url.render_as_string(hide_password=False)
                alembic(way, address, "-x", "safety.backup=none", "upgrade", "head")
                after, took = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic() - start
                if number:
                    figures.append((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, took))
                server.drop_database(copy)
    (on, on_clock), (off, off_clock) = (
        [statistics.median(each) for each in zip(*spent[way], strict=True)] for way in ("hooked", "plain")
    )
    print(
        f"without {off:.2f} s CPU, {off_clock:.2f} s; with {on:.2f} s CPU, {on_clock:.2f} s; CPU x{on / off:.2f}, +{on - off:.2f} s; "
        f"clock x{on_clock / off_clock:.2f}, +{on_clock - off_clock:.2f} s"
    )
    return int(on > off * 1.1 or on - off > 0.5)


if __name__ == "__main__":
    sys.exit(main())
