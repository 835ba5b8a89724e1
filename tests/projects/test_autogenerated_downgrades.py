"""Downgrades that ``revision --autogenerate`` derives for what it has found, through the command line."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from alembic_safety.postgres.server import Server
from tests.conftest import ScratchDatabase, dump_schema
from tests.support.cli import alembic

pytestmark = pytest.mark.server
#: Of dumps: what is ours or Alembic's.
LEFT_OUT = ("--exclude-schema=alembic_safety", "--exclude-table=alembic_version")


@pytest.fixture
def generic(tmp_path: Path, database: ScratchDatabase) -> Path:
    """A project of Alembic's generic template, with our hooks."""
    folder = tmp_path / "generic"
    folder.mkdir()
    assert alembic("init", "-t", "generic", "migrations", cwd=folder).status == 0
    ini = folder / "alembic.ini"
    ini.write_text(ini.read_text().replace("driver://user:pass@localhost/dbname", database.url_text.replace("%", "%%")))
    return folder


def _model(folder: Path, *columns: str) -> None:
    env = folder / "migrations/env.py"
    text = env.read_text()
    if "hooks" not in text:
        text = text.replace(
            "target_metadata = None",
            "from pathlib import Path\nfrom alembic_safety import hooks\nmodel = {}\n"
            f"exec(Path({str(folder / 'model.py')!r}).read_text(), model)\ntarget_metadata = model['target_metadata']",
        )
        text = text.replace(
            "connection=connection, target_metadata=target_metadata",
            "connection=connection, target_metadata=target_metadata, **hooks.options()",
        )
        env.write_text(text)
    (folder / "model.py").write_text(
        "import sqlalchemy as sa\ntarget_metadata = sa.MetaData()\n"
        f"sa.Table('t', target_metadata, sa.Column('id', sa.Integer, primary_key=True), {', '.join(columns)})\n"
    )


def test_autogenerate_puts_in_a_proven_downgrade(
    generic: Path, database: ScratchDatabase, pg_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_SAFETY_SERVER", pg_server.url().render_as_string(hide_password=False))

    def generate(message: str) -> str:
        before = set((generic / "migrations/versions").glob("*.py"))
        done = alembic("revision", "--autogenerate", "-m", message, cwd=generic)
        assert done.status == 0, done.err
        (made,) = set((generic / "migrations/versions").glob("*.py")) - before
        assert alembic("upgrade", "head", cwd=generic).status == 0
        return made.read_text().partition("def downgrade")[2]

    _model(generic, "sa.Column('kind', sa.Enum('a', 'b', name='kind'))", "sa.Column('n', sa.Numeric(10, 2))")
    # Alembic's own reversal leaves the enum type behind.
    assert "DROP TYPE public.kind" in generate("first")
    database.run("create view v as select id from t; comment on column t.n is 'money'")
    database.run("insert into t (id, kind, n) values (1, 'a', 1.50), (2, 'b', null)")
    _model(generic, "sa.Column('kind', sa.Enum('a', 'b', name='kind'))")
    body = generate("second")
    assert "add_column" in body or "ADD COLUMN" in body
    assert os.listdir(generic / "migrations/versions")
    assert 'op.preserve_columns("public.t", ["n"])' in _newest(generic)
    assert alembic("safety-check", cwd=generic).status == 0
    assert alembic("downgrade", "-1", cwd=generic).status == 0
    with database.connect(autocommit=True) as connection:
        assert connection.execute("select id, n::text from t order by id").fetchall() == [(1, "1.50"), (2, None)]
    assert alembic("upgrade", "head", cwd=generic).status == 0
    before = dump_schema(database.server, database.name, "--exclude-schema=alembic_safety")
    for step in ("-1", "head"):
        assert alembic("downgrade" if step == "-1" else "upgrade", step, cwd=generic).status == 0
    assert dump_schema(database.server, database.name, "--exclude-schema=alembic_safety") == before


def _newest(generic: Path) -> str:
    return max((generic / "migrations/versions").glob("*.py"), key=lambda path: path.stat().st_mtime_ns).read_text()


def test_a_generated_revision_is_certified_as_its_formatter_leaves_it(
    generic: Path, database: ScratchDatabase, pg_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_SAFETY_SERVER", pg_server.url().render_as_string(hide_password=False))
    ini = generic / "alembic.ini"
    hook = generic / "hook.py"
    hook.write_text(
        "import pathlib, sys\npath = pathlib.Path(sys.argv[1])\n"
        "text = path.read_text().replace(chr(39), chr(34)).replace('    # ###', '    #')\npath.write_text(text)\n"
    )
    ini.write_text(
        ini.read_text().replace(
            "[post_write_hooks]",
            "[post_write_hooks]\nhooks = quotes\nquotes.type = exec\n"
            f"quotes.executable = {sys.executable}\nquotes.options = {hook} REVISION_SCRIPT_FILENAME\n",
        )
    )
    _model(generic, "sa.Column('kind', sa.Enum('a', 'b', name='kind'))")
    before = dump_schema(database.server, database.name, *LEFT_OUT)
    assert alembic("revision", "--autogenerate", "-m", "first", cwd=generic).status == 0
    _model(generic, "sa.Column('kind', sa.Enum('a', 'b', name='kind'))", "sa.Column('n', sa.Integer)")
    assert alembic("upgrade", "head", cwd=generic).status == 0
    assert alembic("revision", "--autogenerate", "-m", "second", cwd=generic).status == 0
    files = sorted((generic / "migrations/versions").glob("*.py"))
    assert all("'" not in path.read_text().partition("def upgrade")[2] for path in files)
    checked = alembic("safety-check", cwd=generic)
    assert checked.status == 0, checked.out
    certificates = [json.loads(p.read_text()) for p in (generic / "migrations/versions/safety").glob("*.json")]
    assert sorted((c["grade"], c["downgrade"]) for c in certificates) == [
        ("exact", "hand-written"),
        ("exact", "synthesized"),
    ]
    assert alembic("upgrade", "head", cwd=generic).status == 0
    for _ in files:
        taken = alembic("safety-rollback", "--stored", cwd=generic)
        assert taken.status == 0, taken.out + taken.err
    assert dump_schema(database.server, database.name, *LEFT_OUT) == before
    # A hook that changes what the revision does leaves it without a certificate.
    hook.write_text(
        hook.read_text().replace("path.write_text(text)", "path.write_text(text.replace('\"n\"', '\"m\"'))")
    )
    assert alembic("upgrade", "head", cwd=generic).status == 0
    _model(generic, "sa.Column('kind', sa.Enum('a', 'b', name='kind'))")
    made = alembic("revision", "--autogenerate", "-m", "third", cwd=generic)
    assert made.status == 0
    assert "is not what was rehearsed" in made.err
    assert alembic("safety-check", cwd=generic).status == 1


def test_autogenerate_rehearses_within_an_async_environment(
    generic: Path, pg_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEMBIC_SAFETY_SERVER", pg_server.url().render_as_string(hide_password=False))
    _model(generic, "sa.Column('kind', sa.Enum('a', 'b', name='kind'))")
    env = generic / "migrations/env.py"
    env.write_text(
        "import asyncio\nfrom alembic import context\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
        "from pathlib import Path\nfrom alembic_safety import hooks\nmodel = {}\n"
        f"exec(Path({str(generic / 'model.py')!r}).read_text(), model)\nmetadata = model['target_metadata']\n\n"
        "def work(connection):\n"
        "    context.configure(connection=connection, target_metadata=metadata, **hooks.options())\n"
        "    with context.begin_transaction():\n        context.run_migrations()\n\n"
        "async def main():\n"
        "    engine = create_async_engine(context.config.get_main_option('sqlalchemy.url'))\n"
        "    async with engine.connect() as connection:\n        await connection.run_sync(work)\n"
        "    await engine.dispose()\n\n"
        "asyncio.run(main())\n"
    )
    done = alembic("revision", "--autogenerate", "-m", "first", cwd=generic)
    assert done.status == 0, done.err
    (made,) = (generic / "migrations/versions").glob("*.py")
    assert "DROP TYPE public.kind" in made.read_text()
