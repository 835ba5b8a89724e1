"""One object of a database's catalog, and how objects refer to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Address(NamedTuple):
    """What identifies an object inside one database: system catalog, OID, and attnum for a column (else 0).

    Addresses are meaningless in any other database: they never enter a fingerprint, a certificate or emitted SQL.
    """

    catalog: str
    oid: int
    sub: int = 0


class Edge(NamedTuple):
    """``dependent`` needs ``referenced``; ``deptype`` is pg_depend's letter (n, a, i, P, S, e, x)."""

    dependent: Address
    referenced: Address
    deptype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogObject:
    """A catalog object with everything that ``pg_dump --schema-only`` would show of it."""

    #: A key of ``model.kinds.KINDS``.
    kind: str
    address: Address
    #: Canonical name, quoted where SQL needs it and unique within ``kind``: ``public.orders``, ``public.orders.total``
    #: (column, trigger, constraint, …: the table's identity, a dot, the name), ``public.f(integer)``.
    identity: str
    #: Unquoted own name ('' where the kind has none).
    name: str
    #: Unquoted schema, None for what lives in no schema (for columns and the like: the parent's schema).
    schema: str | None = None
    #: The table of a column, constraint, trigger, …; the type of a domain constraint.
    parent: Address | None = None
    #: Structure, with the keys that ``KINDS[kind].props`` lists; JSON values; no OID in it.
    props: Mapping[str, Any] = field(default_factory=dict)
    owner: str | None = None
    #: Explicit grants as aclitem text, in catalog order; None is the built-in default.
    acl: tuple[str, ...] | None = None
    comment: str | None = None
    #: Security labels as (provider, label).
    labels: tuple[tuple[str, str], ...] = ()
    #: The physical place of a column among the live columns of its table, from 1; 0 for other kinds.
    position: int = field(default=0, compare=False)
