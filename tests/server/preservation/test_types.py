"""Every type that PostgreSQL ships, arrays and domains of them, ranges, composites and enums: kept and given back byte for byte."""

from __future__ import annotations

from psycopg import sql

#: A value for types whose own is hard to guess; others take one that their output gives for a common text.
VALUES = {
    "aclitem": "=r/{me}", "bit": "1", "bool": "t", "box": "(2,2),(1,1)", "bpchar": " x", "bytea": "\\x00ff", "char": "c", "cid": "7", "cidr": "10.0.0.0/8",
    "circle": "<(1,1),2>", "date": "infinity", "float4": "NaN", "float8": "-0", "inet": "10.1.2.3/8", "int2": "-32768", "int4": "-2147483648",
    "int8": "9223372036854775807", "interval": "1 day -24:00:00.000001", "json": '{{"a" :  1, "a": 2}}', "jsonb": '{{"a": [1, null]}}', "jsonpath": "$.a",
    "line": "{{1,2,3}}", "lseg": "[(1,1),(2,2)]", "macaddr": "08:00:2b:01:02:03", "macaddr8": "08:00:2b:01:02:03:04:05", "money": "-1234.56",
    "name": "ünï", "numeric": "1.500", "oid": "4294967295", "path": "((1,1),(2,2))", "pg_lsn": "16/B374D848", "pg_snapshot": "10:20:10,14", "point": "(1e-300,Infinity)",
    "polygon": "((1,1),(2,2),(3,1))", "refcursor": "cur", "text": "ü'\"\\ \t\n,{{}}", "tid": "(7,8)", "time": "24:00:00", "timestamp": "-infinity",
    "timestamptz": "2000-01-01 12:00:00.000001+05:30", "timetz": "00:00:00+15:59", "tsquery": "'a':*B & !'b'", "tsvector": "'a':1A 'b c':2", "txid_snapshot": "10:20:10,14",
    "uuid": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "varbit": "", "varchar": "", "xid": "3", "xid8": "4294967296", "xml": "<a> x </a>", "int2vector": "1 2", "oidvector": "3 4",
    "regclass": "pg_class", "regcollation": '"C"', "regconfig": "english", "regdictionary": "simple", "regnamespace": "public", "regoper": "pg_catalog.||/", "regoperator": "+(integer,integer)",
    "regproc": "now", "regprocedure": "abs(integer)", "regrole": "pg_monitor", "regtype": "integer", "gtsvector": None,
    "int4range": "[1,5)", "int8range": "empty", "numrange": "(,1.50]", "daterange": "[2000-01-01,)", "tsrange": "(,)", "tstzrange": "empty",
    "int4multirange": "{{[1,2),[5,9)}}", "int8multirange": "{{}}", "nummultirange": "{{(1.0,2.00)}}", "datemultirange": "{{}}", "tsmultirange": "{{(,)}}", "tstzmultirange": "{{}}",
}  # fmt: skip
#: Types that no column of a user's table can be given a value of.
INTERNAL = {
    "gtsvector",
    "pg_node_tree",
    "pg_ndistinct",
    "pg_dependencies",
    "pg_mcv_list",
    "pg_brin_bloom_summary",
    "pg_brin_minmax_multi_summary",
}


def test_every_type_comes_back(preserved):
    session = preserved.session
    me = session.fetch("SELECT current_user::text")[0][0]
    types = [
        str(name)
        for (name,) in session.fetch(
            "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm') AND typcategory <> 'A' ORDER BY 1"
        )
        if name not in INTERNAL
    ]
    if not session.fetch("SELECT 1 FROM pg_config() WHERE name = 'CONFIGURE' AND setting LIKE '%with-libxml%'"):
        types.remove("xml")  # this server was built without it
    assert set(types) - set(VALUES) <= {"database", "regdatabase", "oid8"}, (
        "a type of this major version has no value here yet"
    )
    session.execute(
        "CREATE TYPE mood AS ENUM ('a', 'b \"c'); CREATE DOMAIN few AS mood[] CHECK (cardinality(VALUE) < 9);"
        "CREATE TYPE pair AS (x numeric, y mood); CREATE TYPE moods AS RANGE (subtype = mood); CREATE DOMAIN short AS varchar(3) NOT NULL"
    )
    columns = {
        f"t_{name}": (f'pg_catalog."{name}"', VALUES[name].format(me=me))
        for name in types
        if VALUES.get(name) is not None
    }
    columns |= {
        "e": ("mood", "a"), "es": ("mood[]", '{"b \\"c",NULL}'), "d": ("few", "{a}"), "ds": ("few[]", '{"{a}"}'), "p": ("pair", '(1.50,"b ""c")'),
        "ps": ("pair[]", '{"(1.0,a)"}'), "r": ("moods", "[a,a]"), "s": ("short", "xyz"), "deep": ("int[]", "[0:1][2:3]={{1,2},{3,4}}"), "n": ("numeric(8,3)", "1.250"),
    }  # fmt: skip
    with session.connection.cursor() as cursor:
        plain = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
        arrays = ", ".join(
            f"a{number} {kind}[]" for number, (kind, _) in enumerate(columns.values()) if not kind.endswith("[]")
        )
        cursor.execute(f"CREATE TABLE every (id int PRIMARY KEY, {plain}, {arrays})")
        for number, filled in enumerate((True, False)):
            names = [name for name in columns if filled or name == "s"]
            values = sql.SQL(", ").join(
                sql.SQL("{}::text::{}").format(columns[name][1], sql.SQL(columns[name][0])) for name in names
            )
            cursor.execute(
                sql.SQL("INSERT INTO every (id, {}) SELECT {}, {}").format(sql.SQL(", ".join(names)), number, values)
            )
        for number, (name, (kind, _)) in enumerate(columns.items()):
            if not kind.endswith("[]"):
                cursor.execute(f"UPDATE every SET a{number} = ARRAY[{name}, {name}]::{kind}[] WHERE id = 0")
    before, everything = (
        preserved.rows(),
        [*columns, *(f"a{n}" for n, (kind, _) in enumerate(columns.values()) if not kind.endswith("[]"))],
    )

    # Dropped with everything that their types are made of.
    definition = f"id int PRIMARY KEY, {plain}, {arrays}"
    kinds = "DROP TYPE moods; DROP TYPE pair; DROP DOMAIN few; DROP DOMAIN short; DROP TYPE mood"
    again = (
        "CREATE TYPE mood AS ENUM ('a', 'b \"c'); CREATE DOMAIN few AS mood[] CHECK (cardinality(VALUE) < 9); CREATE TYPE pair AS (x numeric, y mood);"
        "CREATE TYPE moods AS RANGE (subtype = mood); CREATE DOMAIN short AS varchar(3) NOT NULL"
    )
    assert preserved.up(["preserve 'table', 'public.every'"], f"DROP TABLE every; {kinds}") == []
    preserved.down(again, f"CREATE TABLE every ({definition})", "[public.every]")
    assert preserved.rows() == before

    # Columns of all rows.
    listed = ", ".join(f"'{name}'" for name in everything)
    drops = ", ".join(f"DROP {name}" for name in everything)
    assert preserved.up([f"preserve 'columns', 'public.every', ARRAY[{listed}]"], f"ALTER TABLE every {drops}") == []
    steps = [
        f"ALTER TABLE every ADD {name} {kind.replace('short', 'varchar(3)')}" for name, (kind, _) in columns.items()
    ]
    steps += [
        f"ALTER TABLE every ADD a{n} {kind.replace('short', 'varchar(3)')}[]"
        for n, (kind, _) in enumerate(columns.values())
        if not kind.endswith("[]")
    ]
    preserved.down(*steps, "[public.every]")
    assert preserved.rows() == before

    # Written.
    assert (
        preserved.up(
            ["preserve 'rows', 'public.every'"],
            "UPDATE every SET "
            + ", ".join(f"{n} = NULL" for n in everything if n != "s")
            + "; DELETE FROM every WHERE id = 1",
        )
        == []
    )
    preserved.down("[public.every]")
    assert preserved.rows() == before


def test_a_table_of_as_many_columns_as_there_can_be(preserved):
    names = [f"c{number}" for number in range(1, 1600)]
    preserved.session.execute(f"CREATE TABLE wide (id int PRIMARY KEY, {', '.join(f'{n} int' for n in names)})")
    preserved.session.execute(
        f"INSERT INTO wide SELECT i, {', '.join('i' for _ in names)} FROM generate_series(1, 3) i"
    )
    before = preserved.rows()
    preserved.up(
        ["preserve 'rows', 'public.wide'"],
        "UPDATE wide SET c7 = 0; DELETE FROM wide WHERE id = 2; INSERT INTO wide (id) VALUES (9)",
    )
    preserved.down("[public.wide]")
    assert preserved.rows() == before
    preserved.session.execute("ALTER TABLE wide DROP CONSTRAINT wide_pkey, ALTER id DROP NOT NULL")
    preserved.up(["preserve 'rows', 'public.wide'"], "UPDATE wide SET c7 = 0; DELETE FROM wide WHERE id = 2")
    preserved.down("[public.wide]")
    assert preserved.rows() == before
