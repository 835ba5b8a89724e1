"""Values of a type, as the text that its input function takes: those that hurt, or plain ones.

What a value can't be (too long for its modifier, refused by a domain) is for the server to say: see ``rows.fill``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from alembic_safety.postgres.identifiers import quote_literal
from alembic_safety.rehearsal.rows.patterns import matching
from alembic_safety.rehearsal.rows.shape import Column, Type

_LONG = "longer than a page of the index would like " * 40
HURTING: Mapping[str, tuple[str, ...]] = {
    "bool": ("t", "f"),
    "int2": ("0", "1", "-1", "32767", "-32768", "7"),
    "int4": ("0", "1", "-1", "2147483647", "-2147483648", "42"),
    "int8": ("0", "1", "-1", "9223372036854775807", "-9223372036854775808", "2147483648", "42"),
    "float4": ("0", "-0", "1.5", "NaN", "Infinity", "-Infinity", "3.4e38"),
    "float8": ("0", "-0", "0.1", "NaN", "Infinity", "-Infinity", "1.7976931348623157e308"),
    "numeric": ("0", "1.50", "-12345.678", "NaN", "1e40", "0.00000000000000000001", "42"),
    "money": ("0", "12.34", "-92233720368547758.08"),
    "text": ("a", "", " two  words ", "O'Brien \"q\" \\ %s :x", "déjà vu 😀 \u202eﬁ", "line\nbreak\ttab\x01", _LONG, "NULL", "42"),
    "char": ("a", ""),
    "name": ("a", "", "x" * 63),
    "bytea": ("\\x", "\\x00ff00", "\\x" + "ab" * 300),
    "date": ("2024-02-29", "1970-01-01", "0044-03-15 BC", "9999-12-31", "infinity", "-infinity"),
    "time": ("00:00:00", "24:00:00", "12:34:56.789012"),
    "timetz": ("00:00:00+00", "23:59:59.999999-15:59"),
    "timestamp": ("2024-02-29 12:34:56.789012", "1970-01-01", "0044-03-15 BC", "9999-12-31 23:59:59.999999", "infinity", "-infinity"),
    "timestamptz": ("2024-02-29 12:34:56.789012+05:30", "1970-01-01+00", "0044-03-15 00:00+00 BC", "9999-12-31 23:59:59.999999+00", "infinity", "-infinity"),
    "interval": ("0", "1 day", "24 hours", "-1 year 2 mons", "178000000 years", "00:00:00.000001"),
    "uuid": ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "json": ("{}", "[]", "null", '{"a": {"b": [1, null, "é\\"\\n"]}, "a": 2}', '"text"', "1e400", " [ ] "),
    "jsonb": ("{}", "[]", "null", '{"a": {"b": [1, null, "é\\"\\n"]}}', '"text"', "-0.0", "1.50"),
    "jsonpath": ("$", "$.a[*] ? (@ > 1)"),
    "xml": ("<a/>", "text"),
    "inet": ("0.0.0.0/0", "192.168.0.1", "::1", "2001:db8::/32"),
    "cidr": ("0.0.0.0/0", "10.0.0.0/8", "2001:db8::/32"),
    "macaddr": ("00:00:00:00:00:00", "08:00:2b:01:02:03"),
    "macaddr8": ("08:00:2b:01:02:03:04:05",),
    "bit": ("0", "1"),
    "varbit": ("", "101", "0" * 70),
    "point": ("(0,0)", "(-1.5,1e300)"),
    "line": ("{1,-1,0}",),
    "lseg": ("[(0,0),(1,1)]",),
    "box": ("(1,1),(0,0)",),
    "path": ("[(0,0),(1,1)]", "((0,0),(1,0),(1,1))"),
    "polygon": ("((0,0),(1,0),(1,1))",),
    "circle": ("<(0,0),1>",),
    "tsvector": ("", "'a':1A 'b c':2"),
    "tsquery": ("", "'a' & !'b'"),
    "oid": ("0", "4294967295"),
    "regclass": ("pg_catalog.pg_class",),
    "regtype": ("integer",),
    "regproc": ("pg_catalog.now",),
    "regprocedure": ("pg_catalog.now()",),
    "regnamespace": ("pg_catalog",),
    "regrole": ("pg_monitor",),
    "regoper": ("pg_catalog.||/",),
    "regoperator": ("pg_catalog.=(integer,integer)",),
    "regcollation": ('pg_catalog."C"',),
    "regconfig": ("pg_catalog.simple",),
    "regdictionary": ("pg_catalog.simple",),
    "pg_lsn": ("0/0", "FFFFFFFF/FFFFFFFF"),
    "hstore": ("", '"a"=>"1", "b"=>NULL'),
    "ltree": ("", "Top.Science"),
}  # fmt: skip
PLAIN: Mapping[str, tuple[str, ...]] = {
    "bool": ("t", "f"),
    "int2": ("1", "2", "3"), "int4": ("1", "2", "3"), "int8": ("1", "2", "3"),
    "float4": ("1", "2.5"), "float8": ("1", "2.5"), "numeric": ("1", "2"), "money": ("1",),
    "text": ("a", "b", "c"), "char": ("a",), "name": ("a",), "bytea": ("\\x01",),
    "date": ("2024-01-01", "2024-06-30"), "time": ("12:00",), "timetz": ("12:00+00",),
    "timestamp": ("2024-01-01 12:00", "2024-06-30 12:00"), "timestamptz": ("2024-01-01 12:00+00", "2024-06-30 12:00+00"),
    "interval": ("1 day",), "json": ("{}",), "jsonb": ("{}",), "varbit": ("1",), "inet": ("192.168.0.1",),
}  # fmt: skip
#: What conditions on texts often ask for, and what inputs of types that we don't know may take.
_FORMS = (
    "abc", "Abc1", "a-b_c", "user@example.com", "https://example.com/a", "example.com", "US", "USD", "en-US", "+4915112345678",
    "12345", "0123456789abcdef", "#a1b2c3", "2024-01-01", "1.2.3", "/a/b", "{}", "A", "a" * 32, "a" * 64, "sha256:" + "ab" * 32,
    "0x" + "ab" * 20, "UTC", "application/json", "abcdefghijklmnopqrst", "ab", "[]", "[1,2,3]", "1", "(0,0)",
)  # fmt: skip
_SERIES = {
    "int2": "{i}", "int4": "{i}", "int8": "{i}", "float4": "{i}", "float8": "{i}", "numeric": "{i}", "money": "{i}", "oid": "{i}",
    "text": "{t}{i}", "name": "n{i}", "char": "{c}", "bytea": "\\x{x:08x}", "uuid": "{x:08x}-0000-4000-8000-{x:012x}",
    "date": "{y}-{m:02d}-{d:02d}", "timestamp": "{y}-{m:02d}-{d:02d} 12:34:56", "timestamptz": "{y}-{m:02d}-{d:02d} 12:34:56+00",
    "time": "12:{d:02d}:{m:02d}", "interval": "{i} days", "inet": "10.0.{m}.{d}", "cidr": "10.{m}.{d}.0/24",
    "macaddr": "08:00:2b:00:{m:02d}:{d:02d}", "json": "[{i}]", "jsonb": "[{i}]", "varbit": "{x:b}", "hstore": "a=>{i}", "ltree": "t{i}",
    "tsvector": "'w{i}':1", "pg_lsn": "0/{x:X}",
}  # fmt: skip
#: SQL of the same, of a number n.
_FORMULAS = {
    "int4": "{n}", "int8": "{n}", "float8": "{n}", "numeric": "{n}", "oid": "{n}", "text": "'v' || {n}",
    "bytea": "pg_catalog.decode(pg_catalog.lpad(pg_catalog.to_hex({n}), 8, '0'), 'hex')",
    "uuid": "pg_catalog.lpad(pg_catalog.to_hex({n}), 8, '0') || '-0000-4000-8000-' || pg_catalog.lpad(pg_catalog.to_hex({n}), 12, '0')",
    "date": "date '2000-01-01' + {n} % 2900000",
    "timestamp": "timestamp '2000-01-01 12:34:56' + {n} * interval '1 hour'",
    "timestamptz": "timestamptz '2000-01-01 12:34:56+00' + {n} * interval '1 hour'",
    "interval": "{n} * interval '1 second'", "json": "'[' || {n} || ']'", "jsonb": "'[' || {n} || ']'",
    "inet": "inet '10.0.0.0' + {n} % 16000000",
    # Ranges that don't overlap.
    "int4range": "pg_catalog.int4range({n} * 4, {n} * 4 + 3)", "int8range": "pg_catalog.int8range({n} * 4, {n} * 4 + 3)",
    "numrange": "pg_catalog.numrange({n} * 4, {n} * 4 + 3)",
    "daterange": "pg_catalog.daterange(date '2000-01-01' + {n} * 4, date '2000-01-01' + {n} * 4 + 3)",
    "tsrange": "pg_catalog.tsrange(timestamp '2000-01-01' + {n} * interval '1 day', timestamp '2000-01-01' + {n} * interval '1 day' + interval '23 hours')",
    "tstzrange": "pg_catalog.tstzrange(timestamptz '2000-01-01' + {n} * interval '1 day', timestamptz '2000-01-01' + {n} * interval '1 day' + interval '23 hours')",
}  # fmt: skip
#: Length of a varchar from which on every such text fits, and digits of every such number.
_ROOMY, _DIGITS = 24, 8
#: Other seeds make other values.
_SEED_STEP = 1_000
_ENDINGS = ("", " é'\"", "\\n%", " B")
#: For texts that must differ and meet conditions.
_SERIES_FORMS = (
    "v{i}", "u{i}@example.com", "https://example.com/{i}", "{i}", "A{i}", "{x:032x}", "{x:064x}", "#{x:06x}", "+49151{i:08d}",
    "h{i}.example.com", "{x:08x}-0000-4000-8000-{x:012x}", "/p/{i}", "sha256:{x:064x}", "{x:040x}",
)  # fmt: skip
_TEXTS = ("text", "varchar", "bpchar", "citext")
_STRING = re.compile(r"'((?:[^']|'')*)'")
_NUMBER = re.compile(r"(?<![\w.'])-?\d+(?:\.\d+)?(?![\w.'])")


class Values:
    """Candidates for columns, deterministic by seed."""

    def __init__(self, types: Mapping[int, Type], *, hurting: bool, seed: int) -> None:
        self._types = types
        self._hurting = hurting
        self._seed = seed

    def of(self, column: Column, hints: Iterable[str], *, count: int, unique: bool) -> list[str]:
        """Texts to try for a column; conditions on it (``hints``) are searched for what they name.

        :param unique: no two alike, ``count`` of them, where the type has so many.
        """
        kind, modifier, conditions = self._root(column)
        hints = list(hints)
        named = _named([*hints, *conditions], kind.name)
        asked = [*hints, *conditions]
        many = count if unique else 3
        sized = [*_matching(asked, many), *_sized(asked, kind.name, many)] if asked else []
        if unique:
            series = self._series(kind, count, modifier)
            if asked and kind.name in _TEXTS:
                numbers = range(100 + self._seed % 100, 100 + self._seed % 100 + count)
                series = [*series, *(form.format(i=i, x=i) for form in _SERIES_FORMS for i in numbers), *sized]
            return list(dict.fromkeys([*named, *series, *sized, *(_FORMS if asked and kind.name in _TEXTS else ())]))
        values = self._values(kind, modifier)
        if asked:
            values = [*named, *sized, *values, *(_FORMS if kind.name in _TEXTS else ())]
        values = list(dict.fromkeys(values))
        turn = self._seed % len(values) if values else 0
        return values[turn:] + values[:turn]

    def is_plain(self, column: Column) -> bool:
        """Whether an array of literals of the column's type is one constant: no domain, and no array or composite itself."""
        kind = self._types[column.type_oid]
        return kind.form in "be" and not kind.element

    def formula(self, column: Column, number: str) -> str:
        """SQL for values that differ for every ``number`` (an SQL expression of rows from 1 on); '' for types without one."""
        kind = self._types[column.type_oid]
        name = "text" if kind.name in _TEXTS else kind.name
        form = _FORMULAS.get(name) if kind.form in "br" and not kind.element else None
        if form is None or (name == "text" and 0 < column.modifier - 4 < _ROOMY):
            return ""
        if name == "numeric" and column.modifier >= 4:
            precision, scale = (column.modifier - 4) >> 16, (column.modifier - 4) & 0x7FF
            if scale > 1023 or precision - scale < _DIGITS:
                return ""
        n = f"({number} + {99 + self._seed * _SEED_STEP})"
        if name == "text" and self._hurting:
            endings = ", ".join(quote_literal(ending) for ending in _ENDINGS)
            return f"('v' || {n} || (ARRAY[{endings}]::text[])[1 + {number} % {len(_ENDINGS)}])::{column.type}"
        return f"({form.format(n=n)})::{column.type}"

    def needs_trial(self, column: Column) -> bool:
        """Whether the type itself may refuse candidates: a domain with conditions, or a type that we don't know."""
        kind, _, conditions = self._root(column)
        known = kind.form in "er" or kind.name in HURTING or kind.name in _TEXTS
        return bool(conditions) or not known or kind.name == "xml"  # which a server may be built without

    def takes_null(self, column: Column) -> bool:
        """Whether a row may hold NULL there."""
        kind = self._types[column.type_oid]
        while kind.form == "d" and not kind.not_null:
            kind = self._types[kind.base]
        return not column.not_null and not kind.not_null

    def _root(self, column: Column) -> tuple[Type, int, list[str]]:
        kind, modifier = self._types[column.type_oid], column.modifier
        conditions: list[str] = []
        while kind.form == "d":
            conditions += kind.checks
            modifier = kind.modifier if kind.modifier >= 0 else modifier
            kind = self._types[kind.base]
        return kind, modifier, conditions

    def _values(self, kind: Type, modifier: int = -1, depth: int = 0) -> list[str]:
        if kind.form == "d":
            return self._values(self._types[kind.base], kind.modifier, depth)
        if kind.form == "e":
            return list(kind.labels)
        if kind.form == "c":
            parts = [
                (self._values(self._types[a], depth=depth + 1) or [""])[0] if depth < 3 else "" for a in kind.attributes
            ]
            return [f"({','.join(_quoted(p) for p in parts)})", f"({','.join('' for _ in parts)})"]
        if kind.form == "r":
            low, high = self._bounds(self._types[kind.subtype])
            return [f"[{low},{high})", "empty", f"[{low},)", "(,)"] if self._hurting else [f"[{low},{high})"]
        if kind.form == "m":
            return ["{}"]
        if kind.element:
            inner = self._values(self._types[kind.element], depth=depth + 1)[:4] if depth < 3 else []
            filled = "{" + ",".join(_quoted(v) for v in inner) + "}"
            return [filled, "{}", "{NULL}"] if self._hurting else [filled]
        name = "text" if kind.name in _TEXTS else kind.name
        if name == "numeric" and modifier >= 4:
            return self._numbers(modifier)
        found = HURTING.get(name) if self._hurting else PLAIN.get(name, HURTING.get(name))
        if found is None:
            size = modifier if 0 < modifier < 20000 else 3
            return ["[" + ",".join(["0.5"] * size) + "]", *_FORMS]  # a vector, perhaps
        return list(found)

    def _numbers(self, modifier: int) -> list[str]:
        precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
        if scale > 1023 or scale > precision:  # negative scales, and those above the precision
            return ["0"]
        whole, part = "9" * (precision - scale), "9" * scale
        most = (whole or "0") + ("." + part if part else "")
        least = "0." + "0" * (scale - 1) + "1" if scale else "1"
        one = ["1", "2"] if precision > scale else []
        return ["0", most, "-" + most, least, *one] if self._hurting else [*one, least]

    def _bounds(self, subtype: Type) -> tuple[str, str]:
        if subtype.name.startswith(("timestamp", "date")):
            return "2024-01-01", "2024-06-30"
        return "1", "5"

    def _series(self, kind: Type, count: int, modifier: int) -> list[str]:
        name = "text" if kind.name in _TEXTS else kind.name
        form = _SERIES.get(name)
        if form is None or kind.form != "b" or kind.element:
            return self._values(kind, modifier)
        start = 100 + self._seed % 100
        if name == "numeric" and modifier >= 4 and ((modifier - 4) >> 16) - ((modifier - 4) & 0x7FF) < 4:
            start = 1
        short = name == "text" and 0 < modifier - 4 < 7
        result = []
        for i in range(start, start + count):
            text = form.format(
                i=i,
                x=i,
                y=2000 + i // 300 % 900,
                m=1 + i % 12,
                d=1 + i % 28,
                c=chr(97 + i % 26),
                t="" if short else "v",
            )
            result.append(text)
        if name == "text" and self._hurting and not short:
            result = [t + _ENDINGS[n % len(_ENDINGS)] for n, t in enumerate(result)]
        if short and modifier - 4 < 3:
            result = [_letters(n, modifier - 4) for n in range(count)]
        return result


def literals(text: str) -> list[str]:
    """The string literals in an expression, unquoted."""
    return [found.replace("''", "'") for found in _STRING.findall(text)]


def _named(conditions: Sequence[str], type_name: str) -> list[str]:
    """What conditions name: literals, and numbers with their neighbours."""
    found: list[str] = []
    for text in conditions:
        found += [v for v in literals(text) if len(v) < 200 and not v.startswith("^")]
        if type_name in ("int2", "int4", "int8", "numeric", "float4", "float8"):
            for number in _NUMBER.findall(_STRING.sub("", text)):
                found += [number, *([str(int(number) + 1), str(int(number) - 1)] if "." not in number else [])]
    return list(dict.fromkeys(found))


def _matching(conditions: Sequence[str], count: int) -> list[str]:
    """Texts for the regular expressions among the literals."""
    patterns = [value for text in conditions for value in literals(text) if set(value) & set("^$[\\+*.{")]
    texts = [matching(pattern, number) for pattern in patterns for number in range(count)]
    return [text for text in texts if text is not None]


def _sized(conditions: Sequence[str], type_name: str, count: int) -> list[str]:
    """Values of the lengths that conditions name."""
    if not conditions or (type_name not in _TEXTS and type_name != "bytea"):
        return []
    sizes = {
        int(n)
        for text in conditions
        for n in _NUMBER.findall(_STRING.sub("", text))
        if n.isdigit() and 0 < int(n) <= 4096
    }
    if type_name == "bytea":
        return [f"\\x{i:0{2 * size}x}" for size in sorted(sizes) for i in range(1, count + 1) if i < 256**size]
    return [_letters(i, size) for size in sorted(sizes) for i in range(count)]


def _letters(number: int, length: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(length))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
