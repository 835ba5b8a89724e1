"""The rows of one table: an INSERT that the server works out, and what is tried where it is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from alembic_safety.postgres.identifiers import quote_ident, quote_literal
from alembic_safety.postgres.session import Session
from alembic_safety.rehearsal.rows.attempts import attempt, unchecked
from alembic_safety.rehearsal.rows.shape import Column, ForeignKey, Shape
from alembic_safety.rehearsal.rows.values import Values, literals

#: The server finds an element of an array of texts by going through it: from here on a join is quicker.
_SUBSCRIPTS = 200
_DUPLICATES = " ON CONFLICT DO NOTHING"
#: Rows from which on it pays not to check each foreign key of each row.
_MANY = 500
#: How many times as many candidates as rows are tried one by one where a whole set was refused.
_TRIES = 6


class Writer:
    """Writes the rows of one table."""

    def __init__(
        self,
        session: Session,
        shape: Shape,
        values: Values,
        shapes: Mapping[int, Shape],
        *,
        rows: int,
        hurting: bool,
        accepts: bool,
        sparse: bool = False,
        bare: bool = False,
        offsets: Mapping[ForeignKey, int] = MappingProxyType({}),
    ) -> None:
        """``sparse``: of the columns that take NULL only one holds something in each row, another in each; ``bare``: none does."""
        self._session = session
        self._shape = shape
        self._values = values
        self._shapes = shapes
        self._rows = rows
        self._hurting = hurting
        self._accepts = accepts
        self._sparse = self._turns() if sparse else {}
        self._bare = bare
        #: At which row of the parent each key begins.
        self._offsets = offsets
        #: The statement that wrote rows, and how many the table had before.
        self.written = ""
        self.held = 0

    def write(self) -> int:
        """Rows that the table has more than before."""
        self.held = self._count()
        insert = self._insert()
        whole = insert.replace("{first}", "1").replace("{last}", str(self._rows))
        quick = self._rows >= _MANY and self._keys_hold and attempt(self._session, unchecked(whole))
        self.written = unchecked(whole) if quick else whole
        if not quick and not attempt(self._session, whole):
            self.written = self._one_by_one(insert)
            attempt(self._session, self.written)
        added = self._count() - self.held
        if not added:
            # The application's own triggers may refuse: without them, constraints other than foreign keys still hold,
            # and those hold because every value comes from a row that is there.
            self.written = unchecked(self._one_by_one(insert))
            attempt(self._session, self.written)
            added = self._count() - self.held
        return added

    def _turns(self) -> dict[int, int]:
        """When each column that takes NULL has its turn; columns of one foreign key have theirs together."""
        keys = {column: key.columns[0] for key in reversed(self._shape.foreign_keys) for column in key.columns}
        leaders = {c.number: keys.get(c.number, c.number) for c in self._shape.columns if self._values.takes_null(c)}
        order = sorted(set(leaders.values()))
        return {number: order.index(leader) for number, leader in leaders.items()}

    @property
    def _keys_hold(self) -> bool:
        """Whether the server need not look whether foreign keys hold: each takes its values from one row that is there."""
        keys = self._shape.foreign_keys
        columns = [column for key in keys for column in key.columns]
        apart = len(set(columns)) == len(columns)
        return apart and not self._shape.watched and not any(key.full and len(key.columns) > 1 for key in keys)

    def _count(self) -> int:
        return int(self._session.fetch(f"SELECT pg_catalog.count(*) FROM {self._shape.name}")[0][0])

    def _one_by_one(self, insert: str) -> str:
        """The same rows each by itself, with a few more to choose from."""
        one = insert.removesuffix(_DUPLICATES).replace("{first}", "' || k || '").replace("{last}", "' || k || '")
        pieces = one.split("' || k || '")
        text = " || k || ".join(quote_literal(piece) for piece in pieces)
        body = f"""
DECLARE n int := 0; c int;
BEGIN
  FOR k IN 1..{self._rows * _TRIES} LOOP
    BEGIN
      EXECUTE {text};
      GET DIAGNOSTICS c = ROW_COUNT;
      n := n + c;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    EXIT WHEN n >= {self._rows};
  END LOOP;
END"""
        tag = "$alembic_safety_rows$"
        return f"DO {tag}{body}{tag}"

    def _insert(self) -> str:
        """An INSERT of the rows number {first} to {last}."""
        shape = self._shape
        joins: list[str] = []
        given: dict[int, str] = {}
        own: dict[int, int] = {}
        sources: dict[int, str] = {}
        held: list[str] = []
        for key in shape.foreign_keys:
            pairs = list(zip(key.columns, key.references, strict=True))
            # A longer key may have given some of the values already.
            shared = {c: r for c, r in pairs if c in given or c in own}
            if key.parent == shape.oid and all(c == r for c, r in shared.items()):
                own.update((c, r) for c, r in pairs if c != r)
            elif key.parent == shape.oid or len(shared) == len(pairs) or shared.keys() & own.keys():
                held.append(self._holds(key))
            else:
                alias = f"p{len(joins)}"
                parent = self._shapes[key.parent]
                same = [f"{quote_ident(parent.column(r).name)} = {sources[c]}" for c, r in shared.items()]
                joins.append(self._join(key, alias, same))
                for number, reference in pairs:
                    if number not in shared:
                        sources[number] = f"{alias}.{quote_ident(parent.column(reference).name)}"
                        given[number] = self._nullable(shape.column(number), sources[number])
        inner, outer = [], []
        for column in shape.columns:
            name = quote_ident(column.name)
            if column.generated or column.number in own:
                continue
            referenced = column.number in own.values()
            if (column.identity or "nextval(" in column.default) and column.number not in given:
                if not referenced:
                    continue
                inner.append(f"{self._next(column)} AS {name}")
            else:
                inner.append(f"{given.get(column.number) or self._expression(column, joins)} AS {name}")
            outer.append((name, f"r.{name}"))
        for number, reference in own.items():
            column = shape.column(number)
            value = f"r.{quote_ident(shape.column(reference).name)}"
            outer.append(
                (
                    quote_ident(column.name),
                    value if column.not_null else f"CASE WHEN r.alembic_safety_row % 2 = 0 THEN {value} END",
                )
            )
        source = " ".join(["pg_catalog.generate_series({first}, {last}) AS g (i)", *joins])
        if not outer:
            return f"INSERT INTO {shape.name} SELECT FROM pg_catalog.generate_series({{first}}, {{last}}){_DUPLICATES}"
        return (
            f"INSERT INTO {shape.name} ({', '.join(n for n, _ in outer)}) OVERRIDING SYSTEM VALUE "
            f"SELECT {', '.join(e for _, e in outer)} FROM (SELECT {', '.join(['g.i AS alembic_safety_row', *inner])} FROM {source}) AS r"
            f"{' WHERE ' if held else ''}{' AND '.join(held)}"
            f"{_DUPLICATES}"
        )

    def _holds(self, key: ForeignKey) -> str:
        """The condition that a row r refers by values that other keys gave to one that is there."""
        parent = self._shapes[key.parent]
        own = [f"r.{quote_ident(self._shape.column(c).name)}" for c in key.columns]
        same = [
            f"p.{quote_ident(parent.column(r).name)} = {value}" for value, r in zip(own, key.references, strict=True)
        ]
        nulls = " OR ".join(f"{value} IS NULL" for value in own)
        return f"({nulls} OR EXISTS (SELECT FROM {parent.name} AS p WHERE {' AND '.join(same)}))"

    def _join(self, key: ForeignKey, alias: str, same: Sequence[str] = ()) -> str:
        """Rows of the parent, one for each row that is made; ``same`` are conditions on them where other keys gave values already."""
        parent = self._shapes[key.parent]
        names = ", ".join(dict.fromkeys(quote_ident(parent.column(n).name) for n in key.references))
        filled = " AND ".join([*(f"{quote_ident(parent.column(n).name)} IS NOT NULL" for n in key.references), *same])
        count = f"(SELECT greatest(pg_catalog.count(*), 1) FROM {parent.name} WHERE {filled})"
        place = f"(g.i - 1 + {self._offsets.get(key, 0)})" if self._offsets else "(g.i - 1)"
        if same:
            return (
                f"LEFT JOIN LATERAL (SELECT {names} FROM {parent.name} WHERE {filled} ORDER BY {names} "
                f"LIMIT 1 OFFSET {place} % {count}) AS {alias} ON true"
            )
        rows = (
            f"(SELECT {names}, pg_catalog.row_number() OVER (ORDER BY {names}) AS rn FROM {parent.name} WHERE {filled})"
        )
        return f"LEFT JOIN {rows} AS {alias} ON {alias}.rn = 1 + {place} % {count}"

    def _next(self, column: Column) -> str:
        if column.default:
            return column.default
        asked = (
            f"SELECT pg_catalog.pg_get_serial_sequence({quote_literal(self._shape.name)}, {quote_literal(column.name)})"
        )
        return f"pg_catalog.nextval({quote_literal(str(self._session.fetch(asked)[0][0]))}::pg_catalog.regclass)"

    def _nullable(self, column: Column, value: str) -> str:
        """The value, or NULL in some rows: in the second all that may be."""
        if not self._values.takes_null(column):
            return value
        if self._bare:
            return f"NULL::{column.type}"
        if self._sparse:
            return f"CASE WHEN g.i % {len(set(self._sparse.values()))} = {self._sparse[column.number]} THEN {value} END"
        if not self._hurting:  # only where the first rows were refused
            return f"CASE WHEN g.i > {self._rows} AND (g.i + {column.number}) % 3 = 0 THEN NULL ELSE {value} END"
        return f"CASE WHEN g.i = 2 OR (g.i + {column.number}) % 4 = 0 THEN NULL ELSE {value} END"

    def _expression(self, column: Column, joins: list[str]) -> str:
        if formula := self._formula(column):
            return self._nullable(column, formula)
        texts = self._candidates(column)
        if not texts:
            return f"NULL::{column.type}"
        listed = ", ".join(quote_literal(text) for text in texts)
        size = len(texts)
        # Each round through the list starts at another place than the rounds of other columns: combinations vary.
        place = f"1 + ((g.i - 1) + {column.number} * ((g.i - 1) / {size} + 1)) % {size}"
        if size > _SUBSCRIPTS:
            alias = f"v{column.number}"
            values = f"pg_catalog.unnest(ARRAY[{listed}]::text[]) WITH ORDINALITY AS {alias} (value, rn)"
            joins.append(f"LEFT JOIN {values} ON {alias}.rn = {place}")
            return self._nullable(column, f"{alias}.value::{column.type}")
        named = column.number in self._shape.partition_key or any(column.number in c for c, _ in self._shape.checks)
        if self._values.is_plain(column) and not named:
            # Literals of the type itself: the server reads them once, not once a row.
            return self._nullable(column, f"(ARRAY[{listed}]::{column.type}[])[{place}]")
        return self._nullable(column, f"(ARRAY[{listed}]::text[])[{place}]::{column.type}")

    def _formula(self, column: Column) -> str:
        """Values that differ from row to row, worked out by the server; '' where conditions ask for others."""
        shape = self._shape
        if column.number in shape.partition_key or not self._is_unique(column):
            return ""
        if any(column.number in numbers for numbers, _ in shape.checks):
            return ""
        return self._values.formula(column, "g.i")

    def _candidates(self, column: Column) -> list[str]:
        shape = self._shape
        if column.number in shape.partition_key and shape.bounds:
            bounds = [value for text in shape.bounds for value in literals(text.partition(" TO ")[0])]
            if bounds:
                return list(dict.fromkeys(bounds))
        checks = [text for numbers, text in shape.checks if column.number in numbers]
        single = [text for numbers, text in shape.checks if set(numbers) == {column.number}]
        unique = self._is_unique(column)
        texts = self._values.of(column, checks, count=self._rows, unique=unique)
        return self._accepted(column, texts, single, needed=bool(checks))

    def _is_unique(self, column: Column) -> bool:
        """Whether each row needs a value of its own there."""
        return any(
            column.number in self._varying(numbers) or _mentions(text, column.name)
            for numbers, text in self._shape.uniques
        )

    def _varying(self, numbers: tuple[int, ...]) -> Sequence[int]:
        """Which columns of a unique key take other values in each row: of those that refer to nothing the last, all for plain rows.

        Those of a partition key have few values to choose from, and do only where there is no other.
        """
        foreign = {c for key in self._shape.foreign_keys for c in key.columns}
        free = [n for n in numbers if n not in foreign]
        free = [n for n in free if n not in self._shape.partition_key] or free
        return free[-1:] if self._hurting else free

    def _accepted(self, column: Column, texts: list[str], conditions: list[str], *, needed: bool) -> list[str]:
        """Without what the type or a condition on this column alone refuses."""
        if not self._accepts or not texts or not (needed or self._values.needs_trial(column)):
            return texts
        condition = " AND ".join(f"({text})" for text in conditions) or "true"
        listed = ", ".join(quote_literal(text) for text in texts)
        call = ", ".join(map(quote_literal, (column.type, quote_ident(column.name), condition)))
        rows = self._session.fetch(
            f"SELECT t FROM pg_catalog.unnest(ARRAY[{listed}]::text[]) WITH ORDINALITY AS u (t, n) "
            f"WHERE pg_temp.alembic_safety_accepts(t, {call}) ORDER BY n"
        )
        return [str(text) for (text,) in rows]


def _mentions(expression: str, name: str) -> bool:
    return name in expression if expression else False
