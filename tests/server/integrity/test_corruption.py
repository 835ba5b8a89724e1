"""Every planted fault is found, with its keys, and nothing else is."""

from __future__ import annotations

import pytest

from alembic_safety.integrity.options import Options
from alembic_safety.integrity.run import Verification, verify
from tests.support.corruption import plant

pytestmark = pytest.mark.server


def test_all_planted_faults_are_found_and_nothing_else(database):
    cases = plant(lambda: database.connect(autocommit=True), database.server.version_num)
    assert len(cases) >= 30
    verification = Verification(database.conninfo, Options(infer=True))
    found: dict[str, list[tuple]] = {}
    for finding in verification.run().findings:
        assert finding.subject, finding
        schema = finding.subject.split(".")[0]
        found.setdefault(schema, []).append(
            (finding.code, finding.subject, finding.count, finding.examples, finding.message)
        )
    wrong = []
    for case in cases:
        remaining = list(found.pop(case.name, []))
        if case.name != "inferred":  # other schemas have columns that look like references, too
            remaining = [f for f in remaining if f[0] not in {"undeclared-reference", "orphan-rows-inferred"}]
        for code, subject, count, examples in case.expected:
            match = next((f for f in remaining if f[:2] == (code, subject)), None)
            if match is None:
                wrong.append(f"not found: {code} {subject}")
                continue
            remaining.remove(match)
            if count is not None and match[2] != count:
                wrong.append(f"{code} {subject}: count {match[2]} instead of {count}")
            if examples is not None and sorted(match[3]) != sorted(examples):
                wrong.append(f"{code} {subject}: examples {match[3]} instead of {examples}")
        wrong += [f"false alarm: {f}" for f in remaining]
    wrong += [f"false alarm: {f}" for fs in found.values() for f in fs]
    assert not wrong, "\n".join(wrong)


def test_an_invalid_index_of_values_that_are_stored_apart_is_named_with_its_table(database):
    database.run("CREATE TABLE t (id int PRIMARY KEY, body text)")
    database.run(
        """UPDATE pg_index SET indisvalid = false WHERE indrelid = (SELECT reltoastrelid FROM pg_class WHERE oid = 't'::regclass)"""
    )
    (finding,) = verify(database.conninfo, Options(tables=("t",))).findings
    assert (finding.code, finding.table) == ("invalid-index", "public.t")
    assert finding.subject.startswith("pg_toast.pg_toast_")


def test_keys_alone_are_found_without_the_other_checks(database):
    plant(lambda: database.connect(autocommit=True), database.server.version_num)
    everything = verify(database.conninfo).findings
    keys = verify(database.conninfo, Options(only=("foreign-keys",))).findings
    assert {f for f in everything if f.code == "orphan-rows"} == set(keys)
    joined = verify(database.conninfo, Options(only=("foreign-keys",), suspects_only=True)).findings
    assert set(joined) < set(keys)
