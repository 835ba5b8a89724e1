"""From one access control list to another: the shortest statements, and the order of the items."""

from __future__ import annotations

import pytest

from alembic_safety.downgrade.kinds.grants import Grant, Target, default_acl, statements, with_owner

TABLE = Target("TABLE public.t", "arwdDxt")


def change(now: list[str], want: list[str], target: Target = TABLE, *, ordered: bool = True) -> list[str]:
    return statements([Grant.parse(i) for i in now], [Grant.parse(i) for i in want], "o", target, ordered=ordered)


def test_an_item_is_read_with_quoted_names_and_grant_options() -> None:
    assert Grant.parse('"my ""own"" role"=r*w/"the=owner"') == Grant(
        'my "own" role', "the=owner", {"r": True, "w": False}
    )
    assert Grant.parse("=X/o") == Grant("", "o", {"X": False})


def test_what_is_no_item_is_refused() -> None:
    with pytest.raises(ValueError, match="no access control item"):
        Grant.parse("rubbish")


def test_a_grant_is_taken_back() -> None:
    assert change(["o=arwdDxt/o", "a=rw/o"], ["o=arwdDxt/o"]) == ["REVOKE SELECT, UPDATE ON TABLE public.t FROM a"]


def test_only_the_grant_option_is_taken_back() -> None:
    assert change(["a=r*/o"], ["a=r/o"]) == ["REVOKE GRANT OPTION FOR SELECT ON TABLE public.t FROM a"]


def test_what_is_missing_is_granted() -> None:
    assert change(["o=arwdDxt/o"], ["o=arwdDxt/o", "a=r*w/o", "=r/o"]) == [
        "GRANT UPDATE ON TABLE public.t TO a",
        "GRANT SELECT ON TABLE public.t TO a WITH GRANT OPTION",
        "GRANT SELECT ON TABLE public.t TO PUBLIC",
    ]


def test_another_order_is_rebuilt_from_the_first_item_that_differs() -> None:
    assert change(["o=arwdDxt/o", "b=r/o", "a=r/o"], ["o=arwdDxt/o", "a=r/o", "b=r/o"]) == [
        "REVOKE SELECT ON TABLE public.t FROM b",
        "REVOKE SELECT ON TABLE public.t FROM a",
        "GRANT SELECT ON TABLE public.t TO a",
        "GRANT SELECT ON TABLE public.t TO b",
    ]


def test_the_order_of_the_default_does_not_matter() -> None:
    function = Target("FUNCTION public.f()", "X")
    assert change(["o=X/o"], ["=X/o", "o=X/o"], function, ordered=False) == [
        "GRANT EXECUTE ON FUNCTION public.f() TO PUBLIC"
    ]


def test_what_another_role_granted_is_taken_back_in_its_name_and_before_its_own_grant() -> None:
    assert change(["a=r*/o", "b=r*/a", "c=r/b"], []) == [
        "SET ROLE b",
        "REVOKE SELECT ON TABLE public.t FROM c",
        "RESET ROLE",
        "SET ROLE a",
        "REVOKE SELECT ON TABLE public.t FROM b",
        "RESET ROLE",
        "REVOKE SELECT ON TABLE public.t FROM a",
    ]


def test_columns_and_default_privileges_have_their_own_words() -> None:
    column = Target("TABLE public.t", "arwx", column="c")
    assert change([], ["a=rw/o"], column) == ["GRANT SELECT (c), UPDATE (c) ON TABLE public.t TO a"]
    default = Target("TABLES", "arwdDxt", prefix="ALTER DEFAULT PRIVILEGES FOR ROLE o ")
    assert change([], ["a=r/o"], default) == ["ALTER DEFAULT PRIVILEGES FOR ROLE o GRANT SELECT ON TABLES TO a"]


def test_an_unknown_letter_is_an_error() -> None:
    with pytest.raises(ValueError, match="unknown privilege letters"):
        change([], ["a=z/o"])


def test_a_new_owner_takes_the_place_of_the_old_one() -> None:
    items = [Grant.parse("o=rw/o"), Grant.parse("n=r*/o")]
    assert with_owner(items, "o", "n") == [Grant("n", "n", {"r": True, "w": False})]


def test_the_default_names_public_first() -> None:
    assert default_acl("X", "X", "o") == [Grant.parse("=X/o"), Grant.parse("o=X/o")]
