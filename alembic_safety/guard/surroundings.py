"""A live database, read as if it were in the surroundings that a rehearsal has.

There extensions lie in the first schema of the default search_path, and ``SET search_path FROM CURRENT`` takes that path. Where a
database has them elsewhere, what names an object of an extension reads otherwise, and is the same all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alembic_safety.rehearsal.closure import ABSENT, WHOLE, digest, whole_digest

if TYPE_CHECKING:
    from alembic_safety.model.catalog import CatalogObject
    from alembic_safety.model.snapshot import Snapshot

Name = tuple[str, str]
_DEFAULT_SCHEMA = "public"
_ORDINARY = {_DEFAULT_SCHEMA, "pg_catalog"}
#: A line of pg_get_functiondef(), and what it is under the server's own default.
_PATH_OF_FUNCTION = re.compile(r"(?<=\n) SET search_path TO [^\n]*")
_DEFAULT_PATH = " SET search_path TO '$user', 'public'"


class Surroundings:
    """One snapshot of a live database, to be compared with what certificates say."""

    def __init__(self, live: Snapshot) -> None:
        self._live = live
        schemas = {str(extension.props.get("extension_schema")) for extension in live.extensions}
        self._schemas = schemas - _ORDINARY
        names = "|".join(re.escape(schema) for schema in sorted(self._schemas))
        self._prefix = re.compile(rf'(?<![\w$".])(?:{names})\.') if names else None

    def find(self, name: Name) -> CatalogObject | None:
        """The object that a certificate calls so."""
        return self._live.by_identity.get(name) or self._elsewhere.get(name)

    def name_of(self, obj: CatalogObject) -> Name:
        """What a certificate calls an object."""
        return obj.kind, self._text(obj.identity)

    def is_as(self, name: Name, wanted: str) -> bool:
        """Whether an object is as a certificate says."""
        obj = self.find(name)
        if obj is None or wanted == ABSENT:
            return obj is None and wanted == ABSENT
        if wanted in (self._digest(obj, self._live, wanted), self._digest(obj, self._live, wanted, any_day=True)):
            return True
        family = (obj, *self._live.children.get(obj.address, ()))
        moved = {one.address: replace(one, props=self._moved(one.props)) for one in family}
        return self._digest(moved[obj.address], replace(self._live, objects=moved), wanted) == wanted

    @staticmethod
    def _digest(obj: CatalogObject, snapshot: Snapshot, wanted: str, *, any_day: bool = False) -> str:
        if wanted.startswith(WHOLE):
            return whole_digest(obj, snapshot, any_day=any_day)
        return digest(obj, any_day=any_day)

    @cached_property
    def _elsewhere(self) -> dict[Name, CatalogObject]:
        """Objects whose own identity names an extension's object: functions by the types of their arguments."""
        if self._prefix is None:
            return {}
        return {self.name_of(obj): obj for obj in self._live.objects.values() if self._prefix.search(obj.identity)}

    def _text(self, text: str) -> str:
        return text if self._prefix is None else self._prefix.sub(f"{_DEFAULT_SCHEMA}.", text)

    def _moved(self, value: Any) -> Any:
        if isinstance(value, str):
            if value in self._schemas:
                return _DEFAULT_SCHEMA
            return _PATH_OF_FUNCTION.sub(_DEFAULT_PATH, self._text(value))
        if isinstance(value, Mapping):
            return {key: self._moved(each) for key, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._moved(each) for each in value]
        return value
