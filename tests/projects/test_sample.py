"""The sample project at the top of the repository: a chat product's history of raw SQL migrations."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from alembic.config import Config

from alembic_safety.revisions.chain import Chain, load_chain
from tests.support.cli import alembic
from tests.support.sample import VERSIONS, check, up_files

ROOT = Path(__file__).parents[2]

#: What a history of two years holds, and how its SQL says so.
FEATURES = {
    "schemas": r"create schema",
    "extension pgcrypto": r"create extension if not exists pgcrypto",
    "extension uuid-ossp": r'create extension if not exists "uuid-ossp"',
    "extension citext": r"create extension if not exists citext",
    "extension pg_trgm": r"create extension if not exists pg_trgm",
    "enums": r"create type \S+ as enum",
    "later enum values": r"alter type \S+ add value",
    "renamed enum values": r"alter type \S+ rename value",
    "composite types": r"create type \S+ as \(",
    "domains": r"create domain",
    "identity": r"generated (always|by default) as identity",
    "serial": r"\bbigserial\b",
    "sequences": r"create sequence",
    "generated columns": r"generated always as \(.*?\) stored",
    "range partitions": r"partition by range",
    "list partitions": r"partition by list",
    "hash partitions": r"partition by hash",
    "detached partitions": r"detach partition",
    "inheritance": r"\binherits \(",
    "on delete cascade": r"on delete cascade",
    "on delete restrict": r"on delete restrict",
    "on delete set null": r"on delete set null",
    "on delete set default": r"on delete set default",
    "on delete no action": r"on delete no action",
    "on update cascade": r"on update cascade",
    "deferrable keys": r"deferrable initially deferred",
    "exclusion constraints": r"exclude using gist",
    "partial indexes": r"create (unique )?index [^;]*\bwhere\b",
    "expression indexes": r"create (unique )?index [^;]*\(lower\(",
    "concurrent indexes": r"create index concurrently",
    "concurrent drops": r"drop index concurrently",
    "views": r"create view",
    "replaced views": r"create or replace view",
    "materialized views": r"create materialized view",
    "rules": r"create rule",
    "functions": r"create (or replace )?function",
    "SQL-standard bodies": r"\nreturn nullif\(",
    "procedures": r"create procedure",
    "aggregates": r"create aggregate",
    "row triggers": r"for each row",
    "transition tables": r"referencing new table",
    "row level security": r"enable row level security",
    "policies": r"create policy",
    "restrictive policies": r"as restrictive",
    "altered policies": r"alter policy",
    "grants to roles": r"grant [^;]* to lantern_app",
    "column grants": r"grant select \(",
    "default privileges": r"alter default privileges",
    "comments": r"comment on",
    "DO blocks": r"^do \$\$",
    "dynamic SQL": r"execute format\(",
    "column renames": r"rename column",
    "constraint renames": r"rename constraint",
    "type changes": r"alter column \S+ type",
    "type changes with a conversion": r"alter column \S+ type \S+ using",
    "backfills": r"^update ",
    "deletes of duplicates": r"delete from \S+ \w\s+using",
    "not valid": r"not valid;",
    "validate": r"validate constraint",
    "table swaps": r"drop table chat\.reactions;\s+alter table chat\.reactions_new rename to reactions",
    "moves between schemas": r"set schema",
    "dropped columns": r"drop column",
    "dropped tables": r"drop table",
    "own transactions": r"^begin;",
    "text search": r"create text search configuration",
    "extended statistics": r"create statistics",
    "publications": r"create publication",
    "unlogged tables": r"create unlogged table",
}


@pytest.fixture(scope="module")
def chain() -> Chain:
    return load_chain(Config(ROOT / "alembic.ini"))


@pytest.fixture(scope="module")
def sql() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in up_files())


@pytest.mark.parametrize("feature", FEATURES)
def test_the_history_has(feature, sql):
    assert re.search(FEATURES[feature], sql, re.IGNORECASE | re.MULTILINE | re.DOTALL)


def test_it_is_one_chain_of_more_than_sixty_migrations(chain):
    assert len(up_files()) >= 60
    assert len(chain.heads) == 1
    assert [revision.id for revision in chain.revisions] == [f"{n:03d}" for n in range(1, len(up_files()) + 1)]


def test_each_migration_is_wrapped_by_the_revision_of_its_name(chain):
    assert [revision.path.stem for revision in chain.revisions] == [path.stem for path in up_files()]


def test_about_a_dozen_have_a_downgrade_by_hand():
    by_hand = list(VERSIONS.glob("*.down.sql"))
    assert 10 <= len(by_hand) <= 20
    for path in by_hand:
        module = path.with_name(path.name.replace(".down.sql", ".py")).read_text(encoding="utf-8")
        assert f'"{path.name}"' in module.partition("def downgrade()")[2]


def test_wrapping_the_same_files_again_changes_nothing(tmp_path):
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    shutil.copytree(VERSIONS, tmp_path / "versions", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "migrations").mkdir()
    for path in VERSIONS.glob("*.sql"):
        shutil.copy(path, tmp_path / "migrations")
    before = contents(tmp_path / "versions")

    result = alembic("safety-wrap", "migrations", cwd=tmp_path)

    assert result.status == 0, result.err
    assert f"{len(up_files())} unchanged" in result.out
    assert contents(tmp_path / "versions") == before


def test_it_runs_from_base_to_head_without_an_environment_of_its_own(chain, database):
    database.server.ensure_roles(["lantern_app", "lantern_report", "lantern_support"])
    url = database.url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    result = alembic("-x", f"url={url}", "upgrade", "head", cwd=ROOT)

    assert result.status == 0, result.err
    with database.connect() as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [chain.heads]


def test_every_revision_can_go_down():
    for path in VERSIONS.glob("*.py"):
        body = path.read_text(encoding="utf-8").partition("def downgrade()")[2]
        assert "op.irreversible" not in body, path.name
        assert "op." in body or "alembic-safety: begin downgrade" in body, path.name


@pytest.mark.slow
def test_it_goes_up_down_and_up_again(pg_binaries, tmp_path):
    report = tmp_path / "report.json"

    result = alembic("safety-test", "--fresh", "--pg-bin", pg_binaries.bindir, "--json", report, cwd=ROOT)

    assert result.status == 0, result.out
    check(report)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
