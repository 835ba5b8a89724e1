"""What is not told while a rehearsal runs."""

from __future__ import annotations

import logging

import pytest

from alembic_safety.rehearsal.log import quiet_driver


def test_batches_that_failed_are_not_told_within_a_rehearsal(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = logging.getLogger("psycopg")
    monkeypatch.setattr(driver, "disabled", False)  # as a project's fileConfig() leaves it
    with quiet_driver():
        driver.warning("error ignored terminating %r: %s", "a pipeline", "aborted")
        driver.warning("something else")
    driver.warning("error ignored terminating %r: %s", "another", "aborted")
    assert caplog.messages == ["something else", "error ignored terminating 'another': aborted"]
