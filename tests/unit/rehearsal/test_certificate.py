"""What becomes of a certificate when its revision is rehearsed again."""

from __future__ import annotations

from pathlib import Path

import pytest

from alembic_safety.model.probe import Probe
from alembic_safety.rehearsal.certificate import Certificate, Grade, Proof, read_certificate, write_certificate
from alembic_safety.revisions.chain import Revision, load_chain
from tests.support.project import Project


@pytest.fixture
def revision(tmp_path: Path) -> Revision:
    project = Project.new(tmp_path / "p")
    project.sql("a1", "create table t (id int)")
    return load_chain(project.config).by_id["a1"]


def rehearsed(revision: Revision, major: str, data: str, *probes: Probe) -> tuple[Probe, ...]:
    """The probes that the file holds after a rehearsal on that server with such rows."""
    proof = Proof(before={}, after={}, restored="identical", again=True, data=data, grade=Grade.EXACT.value)
    new = Certificate(revision="a1", key=revision.key, grade=Grade.EXACT, proofs={major: proof}, probes=probes)
    write_certificate(revision, new)
    _, found = read_certificate(revision)
    assert found is not None
    assert major in found.proofs
    return found.probes


def test_a_rehearsal_without_rows_forgets_no_probe(revision: Revision) -> None:
    first, second = (
        Probe(code="null", kind="column", subject=f"public.t.{name}", table="public.t", demand="it", query="SELECT ''")
        for name in "ab"
    )
    assert rehearsed(revision, "15", "generated", first) == (first,)
    assert rehearsed(revision, "18", "none") == (first,)
    assert rehearsed(revision, "18", "generated", second) == (second,)
