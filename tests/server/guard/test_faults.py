"""A few of the faults that ``python benchmarks/faults.py`` injects in full: some of each kind, at each kind of step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alembic_safety.postgres.binaries import Binaries
from alembic_safety.postgres.server import Server, throwaway_server
from tests.support.faults.campaign import Campaign, Fault
from tests.support.faults.proxy import Strike
from tests.support.faults.restores import Restores
from tests.support.faults.scenario import scenarios

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("faults")]


@pytest.fixture(scope="module")
def own_server(any_binaries: Binaries) -> Iterator[Server]:
    """A server that is crashed; nobody else's."""
    with throwaway_server(pg_bin=any_binaries.bindir) as server:
        yield server


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        (
            "each revision by itself",
            [
                ("kill", "COMMIT", "during"),
                ("terminate", "ALTER TABLE", "after"),
                ("crash", "COMMIT", "after"),
                ("restart", "ALTER TABLE", "before"),
                ("lock", "ALTER TABLE", "before"),
            ],
        ),
        ("taken back", [("kill", "DROP", "after"), ("terminate all", "LOCK TABLE", "before")]),
        (
            "restored",
            [
                ("kill", "CREATE DATABASE", "after"),
                ("terminate", "ALTER DATABASE", "before"),
                ("kill tool", "COPY", "during"),
            ],
        ),
        (
            "outside of a transaction",
            [("kill", "create index concurrently", "during"), ("crash", "create index concurrently", "after")],
        ),
    ],
)
def test_faults(tmp_path: Path, own_server: Server, name: str, faults: list[tuple[str, str, str]]) -> None:
    scenario = scenarios(tmp_path, own_server, name)[name]
    campaign = (Restores if name == "restored" else Campaign)(own_server, scenario, tmp_path / "work")
    try:
        for deed, text, when in faults:
            at = [i for i, asked in enumerate(campaign.texts, start=1) if asked.lower().startswith(text.lower())]
            assert at, f"nothing begins with {text}"
            outcome = campaign.inflict(Fault(deed, Strike(at[len(at) // 2], when)))
            assert outcome.struck
            assert not outcome.wrong, "\n".join([str(outcome.fault), *outcome.wrong, outcome.log[-3000:]])
    finally:
        campaign.close()
