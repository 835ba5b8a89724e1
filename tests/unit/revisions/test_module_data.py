"""Data at the top of a revision file, which one run uses up and the next needs again."""

from __future__ import annotations

from types import ModuleType

from alembic_safety.revisions.module_data import renew_data

TEXT = """
rules = [{"name": "a", "description": "x"}, {"name": "b", "description": "y"}]
names = {"a"}
by_name = {}
other = [object()]
count = 0


def upgrade():
    global by_name
    for rule in rules:
        names.add(rule.pop("name"))
    by_name = {"gone": 1}
    other.clear()
"""


def test_plain_data_is_what_it_was_before_the_first_run() -> None:
    module = ModuleType("revision")
    exec(TEXT, vars(module))
    rules = module.rules
    for _ in range(3):
        renew_data(module)
        assert [rule["name"] for rule in module.rules] == ["a", "b"]
        assert (module.names, module.by_name) == ({"a"}, {})
        module.upgrade()
    assert module.rules is rules
    assert module.other == []  # holds what nobody can copy for sure
