"""Lines of Python, run as the function of a revision file would be."""

# ruff: noqa: SLF001 - Alembic has no public way to give its proxies back

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext


def run_lines(context: MigrationContext, lines: Sequence[str], revision: str) -> None:
    """Run lines of Python as a function of that revision's file would. Raises whatever they raise."""
    from alembic import op
    from alembic.operations import Operations

    # A line may hold line ends inside of a string: only its beginning is indented.
    source = "def migrate():\n    pass\n" + "".join(f"    {line}\n" for line in lines)
    # These names tell our operations whose revision it is.
    namespace: dict[str, Any] = {"op": op, "revision": revision, "down_revision": None, "__file__": f"{revision}.py"}
    exec(compile(source, "<synthesized>", "exec"), namespace)  # noqa: S102 - the text that we have just written
    outer: Any = getattr(op, "_proxy", None)
    try:
        with Operations.context(context):
            namespace["migrate"]()
    finally:
        if outer is not None:
            outer._install_proxy()
