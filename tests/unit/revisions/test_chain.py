"""Order, ranges and keys of revisions."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.config import Config

from alembic_safety.errors import SourceError, UsageError
from alembic_safety.revisions.chain import Chain, load_chain
from alembic_safety.revisions.graph import Node, in_order
from alembic_safety.revisions.rewrite import set_downgrade

TEXT = '''"""Title of {id}"""
from alembic import op
revision: str = "{id}"
down_revision = {down}
branch_labels = {labels}
depends_on = {depends}


def upgrade():
    {upgrade}
'''


def write(folder: Path, identifier: str, down: object = None, **more: object) -> Path:
    path = folder / f"{identifier}_x.py"
    values = {"labels": None, "depends": None, "upgrade": "pass", **more}
    values["labels"], values["depends"] = repr(values["labels"]), repr(values["depends"])
    path.write_text(TEXT.format(id=identifier, down=repr(down), **values))
    return path


@pytest.fixture
def versions(project: Config, tmp_path: Path) -> Path:
    """a → b → (c1 → c2, d1) → m → e, and a base z of its own that e2 depends on."""
    folder = tmp_path / "versions"
    write(folder, "aaaa")
    write(folder, "bbbb", "aaaa")
    write(folder, "ccc1", "bbbb")
    write(folder, "ccc2", "ccc1", labels=("side",))
    write(folder, "ddd1", "bbbb")
    write(folder, "mmmm", ("ccc2", "ddd1"))
    write(folder, "zzzz", labels=("other",))
    write(folder, "eeee", "mmmm", depends="other")
    return folder


def ids(chain: Chain, spec: str | None = None) -> list[str]:
    return [r.id for r in chain.select(spec)]


def test_revisions_are_in_the_order_in_which_alembic_applies_them(project: Config, versions: Path) -> None:
    chain = load_chain(project)
    assert ids(chain) == [s.revision for s in reversed(list(chain.script.walk_revisions()))]
    assert chain.heads == ("zzzz", "eeee")
    assert chain.by_id["eeee"].needs == ("mmmm", "zzzz")
    assert chain.by_id["ccc2"].branch_labels == ("side",)
    assert chain.by_id["aaaa"].title == "Title of aaaa"
    assert chain.ancestors("ccc2") == {"aaaa", "bbbb", "ccc1"}
    assert chain.descendants("ddd1") == {"mmmm", "eeee"}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("ccc1", "ccc1"),
        ("bbbb:ccc2", "bbbb ccc1 ccc2"),
        (":ccc1", "aaaa bbbb ccc1"),
        ("mmmm:", "mmmm eeee"),
        ("side", "ccc2"),
        ("mmmm+1", "eeee"),
        ("ccc2-2", "bbbb"),
        ("aaaa+1:ccc2-1", "bbbb ccc1"),
        ("mmmm-1", None),
        ("bbbb+1", None),
        ("head", None),
        ("ccc1:aaaa", None),
        ("nope", None),
    ],
)
def test_ranges(project: Config, versions: Path, spec: str, expected: str | None) -> None:
    chain = load_chain(project)
    if expected is None:
        with pytest.raises(UsageError):
            chain.select(spec)
    else:
        assert " ".join(ids(chain, spec)) == expected


def test_a_key_says_what_a_certificate_is_about(project: Config, versions: Path) -> None:
    before = {r.id: r.key for r in load_chain(project).revisions}
    path = versions / "ccc1_x.py"
    path.write_text(set_downgrade(path.read_text(), ["op.run_sql('DROP TABLE t')"]))
    assert {r.id: r.key for r in load_chain(project).revisions} == before
    (versions / "ccc1.sql").write_text("SELECT 1")
    write(versions, "ccc1", "bbbb", upgrade='op.run_sql_file("ccc1.sql")')
    after = {r.id: r.key for r in load_chain(project).revisions}
    assert {i for i in before if before[i] != after[i]} == {"ccc1", "ccc2", "mmmm", "eeee"}
    (versions / "ccc1.sql").write_text("SELECT 2")
    again = {r.id: r.key for r in load_chain(project).revisions}
    assert {i for i in before if again[i] != after[i]} == {"ccc1", "ccc2", "mmmm", "eeee"}


def test_sql_files_are_found_without_running_anything(project: Config, versions: Path) -> None:
    (versions / "sql").mkdir()
    (versions / "sql" / "one.sql").write_text("CREATE INDEX CONCURRENTLY i ON t (a)")
    upgrade = 'op.run_sql_file("sql/one.sql"); op.run_sql_file(path="gone.sql"); open("one.sql")'
    write(versions, "ddd1", "bbbb", upgrade=upgrade)
    revision = load_chain(project).by_id["ddd1"]
    assert revision.sql_files == (versions / "sql" / "one.sql",)
    assert revision.missing_files == ("gone.sql",)
    assert revision.needs_autocommit
    assert not load_chain(project).by_id["aaaa"].needs_autocommit


def test_broken_chains_are_one_clear_error(project: Config, tmp_path: Path) -> None:
    folder = tmp_path / "versions"
    write(folder, "aaaa", "nope")
    with pytest.raises(UsageError, match="nope"):
        load_chain(project)
    write(folder, "aaaa", "bbbb")
    write(folder, "bbbb", "aaaa")
    with pytest.raises(UsageError):
        load_chain(project)
    (folder / "bbbb_x.py").write_text("def x(:\n")
    with pytest.raises(SourceError, match=r"bbbb_x.py:1"):
        load_chain(project)


def test_an_empty_project_has_an_empty_chain(project: Config) -> None:
    chain = load_chain(project)
    assert chain.revisions == ()
    assert chain.heads == ()


def test_revisions_are_put_in_order_without_loading_any(tmp_path: Path) -> None:
    nodes = {
        name: Node(name, parents, needs, tmp_path)
        for name, parents, needs in (("c", ("b",), ()), ("b", ("a",), ("x",)), ("a", (), ()), ("x", (), ()))
    }
    assert in_order(nodes) == ["x", "a", "b", "c"]
    with pytest.raises(UsageError, match="'b' needs 'a'"):
        in_order({name: node for name, node in nodes.items() if name != "a"})
    with pytest.raises(UsageError, match="need each other: a, b"):
        in_order({**nodes, "a": Node("a", ("b",), (), tmp_path)})
