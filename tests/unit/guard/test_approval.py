"""Approvals: who may, what voids them, and what the policy says, without a database."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from alembic_safety.errors import SettingsError, SourceError
from alembic_safety.guard.approval import approval_path
from alembic_safety.rehearsal.certificate import Certificate, Grade, write_certificate
from alembic_safety.revisions.chain import load_chain
from alembic_safety.settings import load_settings
from alembic_safety.settings.approval import RISKS, Rule
from tests.support.cli import Result, alembic
from tests.support.project import Project

POLICY = (
    "production: HIGH needs 1 other, production: not-exact needs 1 other, production: uncertified needs certificate"
)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def becomes(folder: Path, name: str) -> None:
    git(folder, "config", "user.email", f"{name}@example.org")
    git(folder, "config", "user.name", name)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    project = Project.new(tmp_path / "p")
    project.sql("a1", "create table t (id int)")
    project.sql("a2", "create index t_id on t (id)")
    git(project.folder, "init", "-q")
    becomes(project.folder, "ann")
    git(project.folder, "add", ".")
    git(project.folder, "commit", "-qm", "one")
    ini = project.folder / "alembic.ini"
    ini.write_text(ini.read_text() + f"\n[alembic:safety]\ntarget = production\napproval = {POLICY}\n")
    certify(project, a1=Grade.EXACT, a2=Grade.EXACT)
    return project


def certify(project: Project, **grades: Grade) -> None:
    chain = load_chain(project.config)
    for name, grade in grades.items():
        revision = chain.by_id[name]
        write_certificate(revision, Certificate(revision=name, key=revision.key, grade=grade))


def check(project: Project, *arguments: object) -> tuple[int, dict[str, dict[str, Any]]]:
    file = project.folder / "check.json"
    done = alembic("safety-check", "--json", file, *arguments, cwd=project.folder)
    return done.status, {row["revision"]: row for row in json.loads(file.read_text())["rows"]}


def approve(project: Project, *arguments: object) -> Result:
    return alembic("safety-approve", *arguments, cwd=project.folder)


def test_somebody_else_has_to_approve_what_is_risky(project: Project) -> None:
    status, rows = check(project)
    assert status == 1
    assert rows["a1"]["cells"]["approval"] == "not needed"
    assert rows["a2"]["cells"]["approval"] == "missing"
    assert (
        "needs 1 approval by somebody else than its author (production: HIGH needs 1 other)" in rows["a2"]["detail"][0]
    )
    refused = approve(project, "a2", "--reason", "it is mine")
    assert refused.status == 2
    assert "ann@example.org is an author of revision a2" in refused.err
    becomes(project.folder, "bob")
    done = approve(project, "a2", "--reason", "the table is small")
    assert done.status == 0, done.err
    assert "versions/safety/approvals/a2--bob@example.org.json" in done.out
    status, rows = check(project)
    assert status == 0
    assert rows["a2"]["approved_by"] == ["bob@example.org"]
    assert check(project, "--target", "staging")[1]["a2"]["cells"]["approval"] == "not needed"
    assert approve(project, "a2", "--withdraw").status == 0
    assert check(project)[0] == 1


def test_a_change_voids_it_and_so_does_a_worse_result_and_time(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    becomes(project.folder, "bob")
    assert approve(project, "a2", "--reason", "fine").status == 0
    certify(project, a2=Grade.INEXACT)
    assert "that is worse now" in " ".join(check(project)[1]["a2"]["detail"])
    certify(project, a2=Grade.EXACT)
    assert check(project)[0] == 0
    path = project.folder / "versions/a1.py"
    source = path.read_text()
    path.write_text(source.replace("id int", "id bigint"))
    certify(project, a1=Grade.EXACT, a2=Grade.EXACT)
    assert "changed since" in " ".join(check(project)[1]["a2"]["detail"])
    path.write_text(source)
    certify(project, a1=Grade.EXACT, a2=Grade.EXACT)
    assert check(project)[0] == 0
    assert approve(project, "a2", "--reason", "for now", "--expires", "1d").status == 0
    assert check(project)[0] == 0
    file = project.folder / "versions/safety/approvals/a2--bob@example.org.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "expires": "2020-01-01"}))
    assert "it ended on 2020-01-01" in " ".join(check(project)[1]["a2"]["detail"])
    file.write_text("{")
    assert "cannot be read" in " ".join(check(project)[1]["a2"]["detail"])


def test_without_a_certificate_everything_is_the_worst(project: Project) -> None:
    (project.folder / "versions/safety/a1.json").unlink()
    detail = check(project)[1]["a1"]["detail"]
    assert any("no valid certificate (production: uncertified needs certificate)" in line for line in detail)
    assert any("needs 1 approval" in line for line in detail)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("a2",), "--reason"),
        (("a2", "--reason", " "), "--reason"),
        (("a2", "--reason", "x", "--expires", "soon"), "2026-12-31"),
        (("a2", "--reason", "x", "--expires", "2020-01-01"), "past"),
        (("nothing", "--reason", "x"), "no revision"),
        (("a2", "--withdraw"), "no approval"),
    ],
)
def test_wrong_use_is_one_sentence(project: Project, arguments: tuple[str, ...], says: str) -> None:
    refused = approve(project, *arguments)
    assert refused.status == 2
    assert says in refused.err
    assert not (project.folder / "versions/safety/approvals").exists()


def test_no_file_outside_of_its_folder(project: Project, tmp_path: Path) -> None:
    revision = load_chain(project.config).by_id["a2"]
    home = project.folder / "versions/safety/approvals"
    for by in ("../../evil", "/etc/passwd", "a" * 500, "", "ünïcode\n", "."):
        assert approval_path(revision, by).parent == home
    names = {approval_path(revision, by).name for by in ("a/b", "a-b", "a\\b", "A-b")}
    assert len(names) == 4
    outside = tmp_path / "outside"
    outside.mkdir()
    (project.folder / "versions/safety/approvals").symlink_to(outside)
    becomes(project.folder, "bob")
    assert "symbolic link" in approve(project, "a2", "--reason", "x").err
    assert list(outside.iterdir()) == []
    hostile = (project.folder / "versions/a2.py").read_text().replace("'a2'", "'../../evil'")
    (project.folder / "versions/a2.py").write_text(hostile)
    with pytest.raises(SourceError, match="cannot be a file name"):
        approval_path(load_chain(project.config).by_id["../../evil"], "bob")


def test_without_git_the_login_name_counts(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alembic_safety.guard.approval.shutil.which", lambda _: None)
    monkeypatch.setattr("alembic_safety.guard.approval.getpass.getuser", lambda: "carol")
    assert approve(project, "a2", "--reason", "x").status == 0
    assert check(project)[1]["a2"]["approved_by"] == ["carol"]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("off", []),
        ("any needs 2", [Rule(target="", what="any", count=2, other=False)]),
        ("Production: high needs 1 other; inexact needs 1", [
            Rule(target="production", what="HIGH", count=1, other=True),
            Rule(target="", what="inexact", count=1, other=False),
        ]),
        ("uncertified needs a certificate", [Rule(target="", what="uncertified", count=0, other=False)]),
    ],
)  # fmt: skip
def test_rules_are_read(project: Project, text: str, rules: list[Rule]) -> None:
    config = project.config
    assert list(load_settings(config, environ={"ALEMBIC_SAFETY_APPROVAL": text}).approval) == rules


@pytest.mark.parametrize("text", ["sometimes", "HIGH needs", "blue needs 1", "HIGH needs 0", "HIGH needs certificate"])
def test_rules_that_mean_nothing_are_refused(project: Project, text: str) -> None:
    with pytest.raises(SettingsError, match="WHAT needs N"):
        load_settings(project.config, environ={"ALEMBIC_SAFETY_APPROVAL": text})


def test_what_a_rule_concerns() -> None:
    rule = Rule(target="production", what="MEDIUM", count=1, other=False)
    found = [rule.concerns("Production", grade="exact", risk=risk) for risk in RISKS]
    assert found == [False, True, True]
    assert not rule.concerns(None, grade="exact", risk="HIGH")
    assert rule.concerns("production", grade=None, risk="LOW")
    assert [Rule(target="", what="inexact", count=1, other=False).concerns(None, grade=g, risk="HIGH") for g in
            ("exact", "schema-exact", "inexact", "irreversible")] == [False, False, True, True]  # fmt: skip
