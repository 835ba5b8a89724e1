"""One object of a database's catalog, and how objects refer to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
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
    #: What tells the labels of an enum from each other whatever they are called, in their order: OIDs; () for other kinds.
    label_oids: tuple[int, ...] = field(default=(), compare=False)
    #: Structure and privileges as text, once a fingerprint has asked for them (see ``snapshot.py``).
    lines: tuple[str, str] | None = field(default=None, init=False, compare=False, repr=False)


_FIELDS: Any = [getattr(CatalogObject, each.name).__set__ for each in fields(CatalogObject)]
(
    _KIND,
    _ADDRESS,
    _IDENTITY,
    _NAME,
    _SCHEMA,
    _PARENT,
    _PROPS,
    _OWNER,
    _ACL,
    _COMMENT,
    _LABELS,
    _POSITION,
    _LABEL_OIDS,
    _LINES,
) = _FIELDS
#: Sets the position of a column that nobody else has seen yet.
set_position = _POSITION
_NEW: Any = object.__new__


def catalog_object(
    kind: str,
    address: Address,
    identity: str,
    name: str,
    schema: str | None,
    parent: Address | None,
    props: Mapping[str, Any],
    owner: str | None,
    acl: tuple[str, ...] | None,
    comment: str | None,
    labels: tuple[tuple[str, str], ...],
    label_oids: tuple[int, ...] = (),
) -> CatalogObject:
    """What ``CatalogObject(…)`` gives, for whoever makes thousands: the initialiser of a frozen dataclass takes three times as long."""
    made: CatalogObject = _NEW(CatalogObject)
    _KIND(made, kind)
    _ADDRESS(made, address)
    _IDENTITY(made, identity)
    _NAME(made, name)
    _SCHEMA(made, schema)
    _PARENT(made, parent)
    _PROPS(made, props)
    _OWNER(made, owner)
    _ACL(made, acl)
    _COMMENT(made, comment)
    _LABELS(made, labels)
    _POSITION(made, 0)
    _LABEL_OIDS(made, label_oids)
    _LINES(made, None)
    return made
