"""A project of Flask-Migrate, made by its own commands: its env.py works within the application only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ScratchDatabase
from tests.support.cli import alembic

pytestmark = pytest.mark.server

_APP = """\
import json, os, sys
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask("app")
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)
Migrate(app, db)

class User(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    kind = db.Column(db.Enum("a", "b", name="kind"))

with app.app_context():
    db.session.execute(db.text("SELECT 1"))  # leaves a connection in the pool
results = []
for arguments in json.loads(sys.argv[1]):
    result = app.test_cli_runner().invoke(args=["db", *arguments])
    results.append([result.exit_code, result.output])
print("RESULTS" + json.dumps(results))
"""
_CONFTEST = """\
import sys
sys.argv[1:] = ["[]"]
import app
app.app.app_context().push()
"""


def _url(database: ScratchDatabase) -> str:
    return database.url.render_as_string(hide_password=False)


def _flask(folder: Path, database: ScratchDatabase, *calls: str) -> list[tuple[int, str]]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "app.py", json.dumps([call.split() for call in calls])],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": _url(database)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [(status, text) for status, text in json.loads(done.stdout.rpartition("RESULTS")[2])]


def test_has_the_commands_beside_its_own(tmp_path: Path, database: ScratchDatabase) -> None:
    (tmp_path / "app.py").write_text(_APP)
    server = f"--pg-bin={database.server.binaries.bindir}"
    results = _flask(
        tmp_path,
        database,
        "init",
        "migrate -m users --rev-id a1",
        "safety-test --help",
        f"safety-test {server}",
        f"safety-downgrade {server} a1 --force",
        f"safety-test {server}",
        "-x safety.verify=off safety-config",
        "safety-init --yes",
        "upgrade",
        "downgrade",
        "safety-history",
    )
    assert [status for status, _ in results] == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], results
    _, _, usage, before, _, after, config, _, _, _, history = [text for _, text in results]
    assert " db safety-test [-h] [--from REV]" in usage
    assert "enum public.kind was left behind" in before
    assert "1 of 1 revisions go up, down and up again" in after
    assert "-x safety.verify" in config
    assert history.index("  upgrade  done") < history.index("  downgrade  done")
    gone = "SELECT to_regclass('public.user') IS NULL AND to_regtype('kind') IS NULL"
    with database.connect() as connection:
        assert connection.execute(gone).fetchone() == (True,)

    # In a test suite the application's context has to be there as well.
    (tmp_path / "conftest.py").write_text(_CONFTEST)
    suite = [sys.executable, "-m", "pytest", "-q", "-o", "alembic_safety_config=migrations/alembic.ini"]
    done = subprocess.run(
        [*suite, "-p", "no:cacheprovider", "--alembic-safety"],
        cwd=tmp_path,
        env={**os.environ, "DATABASE_URL": _url(database)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr

    bare = alembic("safety-test", cwd=tmp_path)
    assert bare.status == 2
    assert "use 'flask db' in place of 'alembic'" in bare.err
