"""Grants on members of extensions and on objects of the system, from what a snapshot says of them."""

from __future__ import annotations

from alembic_safety.downgrade.members import MemberGrants, member_grants
from alembic_safety.model.snapshot import Snapshot

FIRST = "{=X/postgres,postgres=X/postgres}"


def snapshot(*entries: str) -> Snapshot:
    return Snapshot(
        server_version=150000, objects={}, unmodelled=tuple(("extension member grants", e) for e in entries)
    )


def test_a_grant_is_taken_back_to_what_the_script_gave() -> None:
    entry = f'FUNCTION public.f(text, integer) {{=X/postgres,postgres=X/postgres,"\\"my role\\"=X/postgres"}} instead of {FIRST} of postgres'
    assert member_grants(snapshot(), snapshot(entry)) == [
        MemberGrants(
            "function",
            "public.f(text, integer)",
            ('REVOKE EXECUTE ON FUNCTION public.f(text, integer) FROM "my role"',),
        )
    ]


def test_a_grant_is_given_again_after_the_extension_was_created_anew() -> None:
    entry = f"FUNCTION public.f() {{postgres=X/postgres}} instead of {FIRST} of postgres"
    assert member_grants(snapshot(entry), snapshot()) == [
        MemberGrants("function", "public.f()", ("REVOKE EXECUTE ON FUNCTION public.f() FROM PUBLIC",))
    ]


def test_equal_grants_need_nothing() -> None:
    entry = "TABLE public.spatial_ref_sys {postgres=arwdDxt/postgres} instead of {=r/postgres} of postgres"
    assert member_grants(snapshot(entry), snapshot(entry)) == []
