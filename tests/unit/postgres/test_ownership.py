"""A process counts as dead only when that is certain."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from alembic_safety.postgres.ownership import Owner, new_owner, owner_in, start_time


def test_a_marker_is_read_back() -> None:
    owner = new_owner()
    assert owner_in(owner.to_text()) == owner
    assert owner.token != new_owner().token


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "our customers",
        "alembic-safety scratch",
        "alembic-safety scratch {}",
        "alembic-safety scratch []",
        'alembic-safety scratch {"pid": "x"}',
        "x " + new_owner().to_text(),
        new_owner().to_text() + " and more",
    ],
    ids=range(9),  # the same in every process, whatever the text
)
def test_other_texts_are_no_markers(text: str | None) -> None:
    assert owner_in(text) is None


def test_we_are_alive() -> None:
    assert not new_owner().is_certainly_dead()


def _dead() -> Owner:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        owner = replace(new_owner(), pid=child.pid, started=start_time(child.pid) or "")
        assert not owner.is_certainly_dead()
    return owner


def test_an_ended_process_is_dead() -> None:
    assert _dead().is_certainly_dead()


def test_a_later_process_with_the_same_id_is_another() -> None:
    assert replace(new_owner(), pid=os.getpid(), started="1").is_certainly_dead()


def test_nothing_is_certain_of_another_machine() -> None:
    assert not replace(_dead(), machine="elsewhere").is_certainly_dead()


@pytest.mark.skipif(sys.platform != "linux", reason="process namespaces are Linux's")
def test_nothing_is_certain_of_another_container_on_this_machine() -> None:
    dead = _dead()
    boot = dead.boot.partition("/")[0]
    assert not replace(dead, boot=f"{boot}/pid:[1]").is_certainly_dead()


def test_an_earlier_boot_is_over() -> None:
    assert replace(new_owner(), boot="another boot").is_certainly_dead()
