"""What counts as the same structure: days on which something was written, and labels of an enum."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from alembic_safety.model.catalog import Address, CatalogObject
from alembic_safety.rehearsal.closure import Relabelling, digest, is_relabelled_so

TODAY = datetime.now(tz=timezone.utc).date()


def default(expression: str) -> CatalogObject:
    address = Address("pg_attrdef", 20000)
    return CatalogObject(
        kind="default", address=address, identity="public.t.a", name="a", props={"expression": expression}
    )


def enum(*labels: str) -> CatalogObject:
    address = Address("pg_type", 20000)
    return CatalogObject(kind="enum", address=address, identity="public.e", name="e", props={"labels": list(labels)})


def test_a_default_that_is_the_day_of_its_migration_is_the_same_on_each_day() -> None:
    today = digest(default(f"'{TODAY}'::date"))
    assert digest(default(f"'{TODAY + timedelta(days=1)}'::date")) == today
    midnight = f"'{TODAY - timedelta(days=1)} 15:00:00+00'::timestamp with time zone"
    assert digest(default(midnight)) != today  # of another type
    assert digest(default("'2001-02-03'::date")) != today
    assert digest(default("'2001-02-03'::date"), any_day=True) == today
    assert digest(default("'2001-02-03'::date")) != digest(default("'2001-02-04'::date"))
    assert digest(default("'20001-02-03'::date")) != today


def test_labels_of_its_own_stay_with_what_a_revision_does_to_an_enum() -> None:
    hashes = dict(zip("abcx", (digest_of(label) for label in "abcx"), strict=True))
    step = Relabelling((hashes["a"], f"{hashes['b']}={hashes['c']}", f"+{hashes['x']}"))
    assert step.fits(["b", "own", "a"])
    assert not step.fits(["a", "own"])
    assert is_relabelled_so([step], enum("a", "b", "own"), enum("x", "a", "c", "own"))
    assert not is_relabelled_so([step], enum("a", "b", "own"), enum("x", "a", "c"))
    gone = Relabelling((f"-{hashes['c']}",))
    assert is_relabelled_so([step, gone], enum("a", "b", "own"), enum("a", "own", "x"))


def digest_of(label: str) -> str:
    from alembic_safety.rehearsal.closure import value_digest

    return value_digest(label)
