"""Databases with planted faults: for each check a schema that holds the fault beside rows and objects that only look like it.

``expected`` lists every finding that verifying the schema must give, and no other may come: (code, subject, count, examples).
A count of None is not compared, neither are examples of None.
"""

from __future__ import annotations

from tests.support.corruption import foreign_keys, keys, objects, values
from tests.support.corruption.case import Case, Connect

CASES: tuple[Case, ...] = (*foreign_keys.CASES, *values.CASES, *keys.CASES, *objects.CASES)


def plant(connect: Connect, version: int) -> list[Case]:
    """Make a schema for each case that this server can hold; gives those cases."""
    planted = []
    for case in CASES:
        with connect() as connection:
            if version < case.since * 10000 or (case.needs and not connection.execute(case.needs).fetchone()):
                continue
            connection.execute(f"CREATE SCHEMA {case.name}")
            connection.execute(f"SET search_path = {case.name}")
            connection.execute(case.sql, prepare=False)
        if case.then is not None:
            case.then(connect, case.name)
        planted.append(case)
    return planted
