"""Names, paths, addresses and settings that mean harm: nothing is injected, nothing secret is shown, no file lies elsewhere."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
import sqlalchemy.exc

from tests.conftest import ScratchDatabase
from tests.support.cli import Result, alembic
from tests.support.project import Project

pytestmark = pytest.mark.server

#: Alembic takes any of them for a revision (one with a single quote fails in its own SQL).
NAMES = ['b"; drop table canary; select "1', "c%s %(x)s {0} \\", "$$; drop table canary; $$"]
SECRET = "open sesame'\"%40"


@pytest.fixture
def project(tmp_path: Path, database: ScratchDatabase) -> Project:
    database.run("create table canary (id int)")
    return Project.new(tmp_path / "place" / "project")


def hostile(project: Project, names: list[str]) -> None:
    for number, name in enumerate(names):
        table = f'"{name}"' if '"' not in name else '"' + name.replace('"', '""') + '"'
        before = names[number - 1] if number else None
        (project.folder / "versions" / f"r{number}.py").write_text(
            f'"""{number}"""\nfrom alembic import op\nrevision = {name!r}\ndown_revision = {before!r}\n\n\n'
            f"def upgrade():\n    op.get_bind().exec_driver_sql({f'create table {table} (id int)'.replace('%', '%%')!r})\n\n\n"
            f"def downgrade():\n    op.get_bind().exec_driver_sql({f'drop table {table}'.replace('%', '%%')!r})\n"
        )


def run(project: Project, database: ScratchDatabase, *arguments: str) -> Result:
    return alembic("-x", f"url={database.url_text}", *arguments, cwd=project.folder)


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts}


def test_names_of_revisions_and_tables_are_only_names(project: Project, database: ScratchDatabase) -> None:
    hostile(project, NAMES)
    server = database.server.url().render_as_string(hide_password=False)
    refused = alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder)
    assert "cannot be a file name: rename the revision" in refused.err
    backup = ("-x", "safety.backup=full", "-x", f"safety.backup_dir={project.folder}/b")
    for arguments in (
        (*backup, "upgrade", "head"),
        ("safety-history", "--json"),
        ("safety-rollback", "--stored", "--accept-loss"),
        ("upgrade", "head"),
        ("downgrade", "base"),
        ("upgrade", "head"),
    ):
        done = run(project, database, *arguments)
        assert done.status == 0, (arguments, done.out + done.err)
    with database.connect() as connection:
        assert connection.execute("select to_regclass('canary') is not null").fetchone() == (True,)
        steps = connection.execute(
            "select distinct revision from alembic_safety.step where applied is not null"
        ).fetchall()
        assert {row[0] for row in steps} == set(NAMES)
    assert files(project.folder.parent) == files(project.folder)


@pytest.mark.parametrize("name", ["../../../outside", "/outside", "safety/../../../outside", "..", "a/b"])
def test_a_revision_is_no_path(project: Project, database: ScratchDatabase, tmp_path: Path, name: str) -> None:
    hostile(project, [name])
    before = files(tmp_path)
    server = database.server.url().render_as_string(hide_password=False)
    for arguments in (
        ("safety-downgrade", "--force", "--server", server), ("safety-approve", name, "--reason", "x"),
        ("safety-downgrade", "--force", "--sql", str(project.folder / "back"), "--server", server),
    ):  # fmt: skip
        done = alembic(*arguments, cwd=project.folder)
        assert "Traceback" not in done.err, done.err
    run(project, database, "upgrade", "head")
    new = {path.relative_to(project.folder) for path in files(tmp_path) - before}  # raises for one that lies elsewhere
    assert all(len(path.parts) <= 4 for path in new)
    assert not Path("/outside.json").exists()


@pytest.mark.parametrize(
    "setting",
    ["lock_timeout=1; drop table canary", "lock_wait=1'; drop table canary; --", "statement_timeout=0); drop table canary",
     "backup=full; drop table canary", "exclude=x'); drop table canary; --", "checks=rows=off'; drop table canary",
     "verify_budget=1; drop table canary", "target=production'; drop table canary; --"],
)  # fmt: skip
def test_settings_are_no_sql(project: Project, database: ScratchDatabase, setting: str) -> None:
    project.sql("a1", "create table t (id int)")
    done = run(project, database, "-x", f"safety.{setting}", "upgrade", "head")
    assert "Traceback" not in done.err
    with database.connect() as connection:
        assert connection.execute("select to_regclass('canary') is not null").fetchone() == (True,)


def test_a_version_table_is_only_a_name(project: Project, database: ScratchDatabase) -> None:
    ini = project.folder / "alembic.ini"
    name = "versions'; drop table canary; --"
    ini.write_text(ini.read_text() + f"version_table = {name}\n")
    project.sql("a1", "create table t (id int)", "drop table t")
    for arguments in (
        ("upgrade", "head"),
        ("safety-history",),
        ("safety-rollback", "--stored", "--accept-loss"),
        ("upgrade", "head"),
    ):
        done = run(project, database, *arguments)
        assert done.status == 0, (arguments, done.out + done.err)
    with database.connect() as connection:
        assert connection.execute("select to_regclass('canary') is not null").fetchone() == (True,)
        assert connection.execute(f'select version_num from "{name}"').fetchall() == [("a1",)]


def test_a_password_is_shown_nowhere(
    project: Project, database: ScratchDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In no message of a command that fails or works, no file that it writes, and not in the database."""
    project.sql("a1", "create table t (id int); comment on table t is 'x'", "drop table t")
    project.sql("a2", "select 1/0")
    url = database.url.set(password=SECRET).render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    journal = ("-x", f"safety.journal={project.folder}/journal.jsonl")
    nowhere = database.url.set(password=SECRET, host="127.0.0.1", port=1, query={}).render_as_string(
        hide_password=False
    )
    said = []
    for arguments in (
        (*journal, "upgrade", "a1"), (*journal, "upgrade", "head"), ("safety-plan",), ("safety-history", "--json"), ("safety-config",),
        ("-x", f"safety.backup_dir={project.folder}/b", "safety-backup"), ("-x", f"url={nowhere}", "upgrade", "head"),
        ("-x", f"url={nowhere}", "safety-plan"), ("safety-downgrade", "--server", nowhere), ("-x", f"url={url}x&y=%zz", "upgrade", "head"),
    ):  # fmt: skip
        try:
            done = alembic(*arguments, cwd=project.folder)
            said.append(done.out + done.err)
        except sqlalchemy.exc.SQLAlchemyError as error:  # Alembic's own commands show it with a traceback
            said.append("".join(traceback.format_exception(error)))
    shown = "\n".join(said)
    with database.connect() as connection:
        shown += str(
            connection.execute(
                "select r::text, s::text from alembic_safety.run r left join alembic_safety.step s on s.run = r.number"
            ).fetchall()
        )
    for path in files(tmp_path):
        shown += path.read_bytes().decode(errors="replace")
    assert "division by zero" in shown
    for secret in (SECRET, "sesame"):
        assert secret not in shown


class TestSymbolicLinks:
    """A link that somebody put where we write or read leads nowhere."""

    @pytest.fixture
    def outside(self, tmp_path: Path) -> Path:
        folder = tmp_path / "outside"
        folder.mkdir()
        (folder / "kept").write_text("kept")
        return folder

    def unharmed(self, outside: Path) -> bool:
        return {path.name: path.read_text() for path in outside.iterdir()} == {"kept": "kept"}

    def test_the_journal(self, project: Project, database: ScratchDatabase, outside: Path) -> None:
        project.sql("a1", "create table t (id int)")
        (project.folder / "journal").symlink_to(outside / "kept")
        done = run(project, database, "-x", f"safety.journal={project.folder}/journal", "upgrade", "head")
        assert done.status != 0
        assert "cannot be written to: it is a symbolic link; name another file" in done.out
        assert self.unharmed(outside)
        with database.connect() as connection:
            assert connection.execute("select to_regclass('t')").fetchone() == (None,)

    @pytest.mark.parametrize("folder", ["safety", "safety/approvals"])
    def test_certificates_and_approvals(
        self, project: Project, database: ScratchDatabase, outside: Path, folder: str
    ) -> None:
        project.sql("a1", "create table t (id int)")
        server = database.server.url().render_as_string(hide_password=False)
        link = project.folder / "versions" / folder
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(outside)
        commands = [("safety-approve", "a1", "--reason", "x")]
        commands += [("safety-downgrade", "--force", "--server", server)] if folder == "safety" else []
        for arguments in commands:
            done = alembic(*arguments, cwd=project.folder)
            assert done.status != 0
            assert "leads out of the folder of the revisions: remove the symbolic link" in done.err
            assert "Traceback" not in done.err
        assert self.unharmed(outside)

    def test_a_certificate_is_put_in_the_place_of_a_link(
        self, project: Project, database: ScratchDatabase, outside: Path
    ) -> None:
        project.sql("a1", "create table t (id int)")
        server = database.server.url().render_as_string(hide_password=False)
        link = project.folder / "versions" / "safety" / "a1.json"
        link.parent.mkdir()
        link.symlink_to(outside / "kept")
        assert alembic("safety-downgrade", "--force", "--server", server, cwd=project.folder).status == 0
        assert not link.is_symlink()
        assert self.unharmed(outside)

    @pytest.mark.parametrize("name", ["manifest.json", "manifest.sha256", "data", "data/toc.dat"])
    def test_a_backup(self, project: Project, database: ScratchDatabase, outside: Path, name: str) -> None:
        project.sql("a1", "create table t (id int)")
        place = ("-x", f"safety.backup_dir={project.folder}/b", "-x", "safety.backup=none")
        assert run(project, database, *place, "upgrade", "head").status == 0
        assert run(project, database, *place, "safety-backup").status == 0
        (folder,) = (project.folder / "b").iterdir()
        part = folder / name
        moved = outside.parent / "moved"
        part.rename(moved)
        part.symlink_to(moved)
        done = run(project, database, *place, "safety-restore", folder.name, "--into", f"{database.name}_x")
        assert done.status != 0, done.out
        assert "is damaged" in done.err
        assert "Traceback" not in done.err
