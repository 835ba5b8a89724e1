"""The hooks in an env.py: what is changed, that it can be taken back byte for byte, and what is refused."""

from __future__ import annotations

import textwrap
from pathlib import Path

import alembic
import pytest

from alembic_safety.revisions.env_source import CannotEdit, with_hooks, without_hooks

TEMPLATES = Path(str(alembic.__file__)).parent / "templates"

LAYOUTS = {
    "as it is": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "tabs": lambda text: text.replace("    ", "\t"),
    "two spaces": lambda text: text.replace("    ", "  "),
    "no line end": lambda text: text.rstrip("\n"),
    "letters": lambda text: text.replace("connection=connection", "connection=connection, version_table='тест→'"),
}


def lines(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("template", ["generic", "async", "multidb", "pyproject", "pyproject_async"])
def test_every_template_of_alembic_there_and_back(template: str, layout: str) -> None:
    source = LAYOUTS[layout]((TEMPLATES / template / "env.py").read_bytes().decode())
    changed = with_hooks(source)
    added = [line for line in changed.splitlines() if line not in source.splitlines()]
    assert len(added) == 3, added
    assert "from alembic_safety import hooks" in added[0]
    assert "**hooks.options()" in added[1]
    assert "hooks.run(context" in added[2]
    assert ("\n" in changed.replace("\r\n", "")) == (layout != "CRLF")
    assert with_hooks(changed) == changed
    assert without_hooks(changed) == source


# What people make of it: (as it is, as it becomes).
EDITED = {
    "one line": (
        "from alembic import context\ncontext.configure(connection=c)\nwith context.begin_transaction():\n  context.run_migrations()\n",
        "from alembic import context\nfrom alembic_safety import hooks\ncontext.configure(connection=c, **hooks.options())\nhooks.run(context)\n",
    ),
    "own hooks and a splat": (
        """
        from alembic import context  # the context
        context.configure(
            connection=c,
            process_revision_directives=[a, b],  # ours
            compare_type=True,
            **conf_args,
        )
        context.run_migrations()
        """,
        """
        from alembic import context  # the context
        from alembic_safety import hooks
        context.configure(
            connection=c,
            **hooks.options(process_revision_directives=[a, b],  # ours
            compare_type=True,
            **conf_args),
        )
        hooks.run(context)
        """,
    ),
    "a transaction with more in it": (
        """
        import alembic.context as ctx
        def go(connection):
            ctx.configure(connection, include_name=named)
            with ctx.begin_transaction():
                ctx.execute("SET LOCAL search_path TO app")
                ctx.run_migrations()
        """,
        """
        import alembic.context as ctx
        from alembic_safety import hooks
        def go(connection):
            ctx.configure(connection, **hooks.options(include_name=named))
            with ctx.begin_transaction():
                ctx.execute("SET LOCAL search_path TO app")
                hooks.run(ctx)
        """,
    ),
    "several databases, the name taken": (
        """
        from alembic import context
        from app import hooks
        def offline():
            context.configure(url=url)
            with context.begin_transaction():
                context.run_migrations()
        def tenants():
            for schema in hooks.schemas():
                context.configure(connection=c, version_table_schema=schema)
                with context.begin_transaction():
                    context.run_migrations(schema=schema)
        def shared():
            context.configure(connection=c)
            with context.begin_transaction():
                context.run_migrations()
        """,
        """
        from alembic import context
        from alembic_safety import hooks as safety_hooks
        from app import hooks
        def offline():
            context.configure(url=url)
            with context.begin_transaction():
                context.run_migrations()
        def tenants():
            for schema in hooks.schemas():
                context.configure(connection=c, version_table_schema=schema, **safety_hooks.options())
                safety_hooks.run(context, schema=schema)
        def shared():
            context.configure(connection=c, **safety_hooks.options())
            safety_hooks.run(context)
        """,
    ),
    "both modes in one place": (
        """
        from alembic import context
        if context.is_offline_mode():
            context.configure(url=url, literal_binds=True)
            with context.begin_transaction():
                context.run_migrations()
        else:
            with engine.connect() as connection:
                context.configure(connection=connection,
                                  target_metadata=metadata)
                with context.begin_transaction():
                    context.run_migrations()
        """,
        """
        from alembic import context
        from alembic_safety import hooks
        if context.is_offline_mode():
            context.configure(url=url, literal_binds=True)
            with context.begin_transaction():
                context.run_migrations()
        else:
            with engine.connect() as connection:
                context.configure(connection=connection,
                                  target_metadata=metadata,
                                  **hooks.options())
                hooks.run(context)
        """,
    ),
}

#: What cannot be told from the result: 'safety-init' keeps the file for them.
NOT_BACKWARDS = {"one line", "own hooks and a splat"}


@pytest.mark.parametrize("name", EDITED)
def test_edited_environments_there_and_back(name: str) -> None:
    before, after = (lines(text) for text in EDITED[name])
    assert with_hooks(before) == after
    assert (without_hooks(after) == before) is (name not in NOT_BACKWARDS)


def test_a_comment_in_the_block_stays() -> None:
    before = "from alembic import context\ncontext.configure(connection=c)\nwith context.begin_transaction():  # one\n    # two\n    context.run_migrations()  # three\n"
    assert with_hooks(before).endswith("# one\n# two\nhooks.run(context)  # three\n")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("def (", "not Python"),
        ("from app import migrate\nmigrate()\n", "does not import alembic.context"),
        ("from alembic import context\ncontext.configure(url=url)\ncontext.run_migrations()\n", "no context.configure"),
        ("from alembic import context\ncontext.configure(connection=c)\ngo()\n", "no context.run_migrations"),
        (
            "from alembic import context; context.configure(connection=c); context.run_migrations()\n",
            "more than an import",
        ),
        ("from alembic import context\ncontext.configure(*arguments)\ncontext.run_migrations()\n", "by '*'"),
        (
            "def go():\n    from alembic import context\n    context.configure(connection=c)\n    context.run_migrations()\n",
            "inside of a block",
        ),
    ],
)
def test_what_is_not_certain_is_refused(source: str, reason: str) -> None:
    with pytest.raises(CannotEdit, match=reason):
        with_hooks(source)


def test_hooks_used_in_another_way_are_not_taken_out() -> None:
    source = "from alembic import context\nfrom alembic_safety import hooks\nmine = hooks.options()\n"
    with pytest.raises(CannotEdit, match="other ways"):
        without_hooks(source)
