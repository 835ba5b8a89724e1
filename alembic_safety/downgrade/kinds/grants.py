"""Access control lists: reading aclitem text, and the GRANT / REVOKE statements from one list to another.

The order of the items is visible in a dump, so it is restored too: where the short way (take back what is too much, grant
what is missing) would leave another order, the list is rebuilt from its beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from alembic_safety.postgres.identifiers import quote_ident

#: Letters of an aclitem in the order in which GRANT lists privileges.
PRIVILEGES = {
    "r": "SELECT",
    "a": "INSERT",
    "w": "UPDATE",
    "d": "DELETE",
    "D": "TRUNCATE",
    "x": "REFERENCES",
    "t": "TRIGGER",
    "m": "MAINTAIN",
    "U": "USAGE",
    "C": "CREATE",
    "X": "EXECUTE",
}
#: Letters of tables and views on every supported server.
RELATION_LETTERS = "arwdDxt"
_ITEM = re.compile(
    r'(?P<grantee>"(?:[^"]|"")*"|[^="]*)=(?P<letters>[a-zA-Z*]*)/(?P<grantor>"(?:[^"]|"")*"|.*)\Z', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Grant:
    """One aclitem: what a grantor gave to a grantee ('' is PUBLIC)."""

    grantee: str
    grantor: str
    #: Privilege letter -> with grant option.
    letters: dict[str, bool] = field(default_factory=dict)

    @classmethod
    def parse(cls, item: str) -> Grant:
        """Read ``grantee=letters/grantor`` as the server writes it.

        :raises ValueError: for text that is no aclitem.
        """
        match = _ITEM.match(item)
        if match is None:
            raise ValueError(f"{item!r} is no access control item")
        letters: dict[str, bool] = {}
        for letter, star in re.findall(r"([a-zA-Z])(\*?)", match["letters"]):
            letters[letter] = bool(star)
        return cls(_unquoted(match["grantee"]), _unquoted(match["grantor"]), letters)


@dataclass(frozen=True, slots=True)
class Target:
    """What is granted on: how statements name it, and which letters ALL stands for."""

    #: ``TABLE public.orders``, ``ALL`` being rendered for a complete set; for default privileges ``TABLES``.
    words: str
    #: All letters of this kind of object on this server.
    letters: str
    #: A column's own name, quoted; its letters are granted on its table.
    column: str | None = None
    #: ``ALTER DEFAULT PRIVILEGES … `` in front of each statement.
    prefix: str = ""
    #: The role that runs the statements: elsewhere it has another name, so it is written as CURRENT_USER.
    me: str | None = None


def full_letters(letters: str, version: int) -> str:
    """All privilege letters of relations on this server: MAINTAIN came with PostgreSQL 17."""
    return letters + "m" if letters == RELATION_LETTERS and version >= 170000 else letters


def default_acl(letters: str, public: str, owner: str) -> list[Grant]:
    """What an object that nobody granted anything on has: some letters to PUBLIC, all to its owner."""
    items = [Grant("", owner, dict.fromkeys(public, False))] if public else []
    return [*items, Grant(owner, owner, dict.fromkeys(letters, False))] if letters else items


def with_owner(items: Iterable[Grant], old: str, new: str) -> list[Grant]:
    """The list after ALTER … OWNER TO: the new owner takes the place of the old one, and equal items merge."""
    result: list[Grant] = []
    for item in items:
        grantee = new if item.grantee == old else item.grantee
        grantor = new if item.grantor == old else item.grantor
        _add(result, Grant(grantee, grantor, dict(item.letters)))
    return result


def statements(
    now: Sequence[Grant], want: Sequence[Grant], owner: str, target: Target, *, ordered: bool = True
) -> list[str]:
    """GRANT and REVOKE statements (without semicolon) that turn one list into the other.

    :param owner: owner of the object; what others granted is taken back and granted in their name.
    :param ordered: whether the order of the items matters too (it doesn't where the list is the built-in default).
    """
    if list(now) == list(want):
        return []
    result: list[str] = []
    revokes, kept = _taken_back(now, want)
    grants = _missing(kept, want)
    reached = [Grant(g.grantee, g.grantor, dict(g.letters)) for g in kept]
    for grant in grants:
        _add(reached, grant)
    if ordered and reached != list(want):
        same = next((i for i, (a, b) in enumerate(zip(now, want, strict=False)) if a != b), min(len(now), len(want)))
        revokes, grants = [_Revocation(grant, whole=tuple(grant.letters)) for grant in now[same:]], list(want[same:])
    for revocation in sorted(revokes, key=lambda r: _distance(r.grant.grantor, now, owner), reverse=True):
        result += _in_the_name_of(revocation.grant.grantor, owner, target, _revoke(revocation, target))
    for grant in grants:
        result += _in_the_name_of(grant.grantor, owner, target, _grant(grant, target))
    return result


@dataclass(frozen=True, slots=True)
class _Revocation:
    """What to take back of an item: privileges as a whole, and of others only the grant option."""

    grant: Grant
    whole: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def _taken_back(now: Sequence[Grant], want: Sequence[Grant]) -> tuple[list[_Revocation], list[Grant]]:
    wanted = {(g.grantee, g.grantor): g.letters for g in want}
    revokes: list[_Revocation] = []
    kept: list[Grant] = []
    for grant in now:
        keep = wanted.get((grant.grantee, grant.grantor), {})
        whole = tuple(x for x in grant.letters if x not in keep)
        options = tuple(x for x, option in grant.letters.items() if option and x in keep and not keep[x])
        if whole or options:
            revokes.append(_Revocation(grant, whole, options))
        rest = {x: option and keep[x] for x, option in grant.letters.items() if x in keep}
        if rest:
            kept.append(Grant(grant.grantee, grant.grantor, rest))
    return revokes, kept


def _missing(kept: Sequence[Grant], want: Sequence[Grant]) -> list[Grant]:
    have = {(g.grantee, g.grantor): g.letters for g in kept}
    result = []
    for grant in want:
        there = have.get((grant.grantee, grant.grantor), {})
        letters = {x: option for x, option in grant.letters.items() if x not in there or (option and not there[x])}
        if letters:
            result.append(Grant(grant.grantee, grant.grantor, letters))
    return result


def _add(items: list[Grant], grant: Grant) -> None:
    for item in items:
        if (item.grantee, item.grantor) == (grant.grantee, grant.grantor):
            for letter, option in grant.letters.items():
                item.letters[letter] = option or item.letters.get(letter, False)
            return
    items.append(Grant(grant.grantee, grant.grantor, dict(grant.letters)))


def _distance(grantor: str, items: Sequence[Grant], owner: str) -> int:
    """How many grants lie between the owner and this grantor: the furthest must be taken back first."""
    seen: set[str] = set()
    level, names = 0, {grantor}
    while owner not in names and names - seen:
        seen |= names
        names = {g.grantor for g in items if g.grantee in names and any(g.letters.values())} or {owner}
        level += 1
    return level


def _revoke(revocation: _Revocation, target: Target) -> list[str]:
    grant = revocation.grant
    result = []
    for letters, option_for in ((revocation.whole, ""), (revocation.options, "GRANT OPTION FOR ")):
        if letters:
            named = _names(letters, target)
            result.append(f"{target.prefix}REVOKE {option_for}{_on(named, target)} FROM {_role(grant.grantee, target)}")
    return result


def _grant(grant: Grant, target: Target) -> list[str]:
    result = []
    for with_option in (False, True):
        letters = [x for x, option in grant.letters.items() if option is with_option]
        if letters:
            suffix = " WITH GRANT OPTION" if with_option else ""
            named = _names(letters, target)
            result.append(f"{target.prefix}GRANT {_on(named, target)} TO {_role(grant.grantee, target)}{suffix}")
    return result


def _on(named: str, target: Target) -> str:
    if target.column is None:
        return f"{named} ON {target.words}"
    each = ["ALL"] if named == "ALL" else named.split(", ")
    return f"{', '.join(f'{word} ({target.column})' for word in each)} ON {target.words}"


def _names(letters: Iterable[str], target: Target) -> str:
    if set(letters) == set(target.letters) and len(target.letters) > 1:
        return "ALL"
    chosen = set(letters)
    unknown = chosen - set(PRIVILEGES)
    if unknown:
        raise ValueError(f"unknown privilege letters {''.join(sorted(unknown))!r} on {target.words}")
    return ", ".join(word for letter, word in PRIVILEGES.items() if letter in chosen)


def _in_the_name_of(grantor: str, owner: str, target: Target, sql: list[str]) -> list[str]:
    if grantor in (owner, target.me) or not sql:
        return sql
    return [f"SET ROLE {quote_ident(grantor)}", *sql, "RESET ROLE"]


def _role(name: str, target: Target) -> str:
    return role_words(name, target.me) if name else "PUBLIC"


def role_words(name: str, me: str | None) -> str:
    """A role as statements name it: whoever runs them is CURRENT_USER, since that role is called otherwise elsewhere."""
    return "CURRENT_USER" if name == me else quote_ident(name)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
