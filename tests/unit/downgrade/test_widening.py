"""Which types hold every value of another."""

from __future__ import annotations

import pytest

from alembic_safety.downgrade.widening import widens


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("integer", "bigint"),
        ("smallint", "numeric(5,0)"),
        ("integer", "numeric(65,30)"),
        ("bigint", "numeric"),
        ("integer", "double precision"),
        ("real", "double precision"),
        ("numeric(10,2)", "numeric(12,2)"),
        ("numeric(10,2)", "numeric(12,4)"),
        ("numeric(10,2)", "numeric"),
        ("character varying(10)", "character varying(11)"),
        ("character varying(10)", "character varying"),
        ("character varying", "text"),
        ("text", "character varying"),
        ("text", "public.citext"),
        ("character(3)", "character(4)"),
        ("character(3)", "text"),
        ("uuid", "text"),
        ("integer", "text"),
        ("date", "timestamp without time zone"),
        ("timestamp(3) without time zone", "timestamp without time zone"),
        ("timestamp(3) with time zone", "timestamp(6) with time zone"),
        ("bit(3)", "bit varying(3)"),
        ("bit varying(3)", "bit varying"),
        ("jsonb", "json"),
        ("character varying(10)[]", "text[]"),
    ],
)
def test_holds_all(was: str, now: str) -> None:
    assert widens(was, now)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("bigint", "integer"),
        ("bigint", "double precision"),
        ("integer", "real"),
        ("integer", "numeric(12,4)"),
        ("double precision", "real"),
        ("numeric(10,2)", "numeric(10,4)"),
        ("numeric(10,2)", "numeric(12,1)"),
        ("numeric", "numeric(38,10)"),
        ("numeric", "bigint"),
        ("character varying(10)", "character varying(9)"),
        ("text", "character varying(10)"),
        ("integer", "character varying(4)"),
        ("text", "character(4)"),
        ("character(4)", "character(3)"),
        ("timestamp without time zone", "timestamp(3) without time zone"),
        ("timestamp without time zone", "timestamp with time zone"),
        ("timestamp without time zone", "date"),
        ("bit(4)", "bit varying(3)"),
        ("bit varying", "bit varying(3)"),
        ("json", "jsonb"),
        ("public.mood", "text"),
        ("integer", "integer[]"),
    ],
)
def test_may_lose(was: str, now: str) -> None:
    assert not widens(was, now)
