"""The downgrade of a revision that ``alembic revision --autogenerate`` is making: rehearsed, and replaced where it is not exact."""

# ruff: noqa: SLF001 - rendering has no public name that a hook could use

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from alembic import op as operations_module
from alembic.autogenerate import render, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation

from alembic_safety.errors import SafetyError
from alembic_safety.rehearsal.candidate import rehearse_candidate
from alembic_safety.rehearsal.coverage import remarks_of
from alembic_safety.rehearsal.generated import certify_once_written
from alembic_safety.rehearsal.grading import grade_of
from alembic_safety.rehearsal.log import awake
from alembic_safety.rehearsal.verdict import Restored, Up
from alembic_safety.revisions.alembic_ops import as_operation
from alembic_safety.revisions.markers import PRESERVE, mark

if TYPE_CHECKING:
    from alembic.operations.ops import MigrationScript
    from alembic.runtime.migration import MigrationContext

    from alembic_safety.downgrade.statement import Statement

_Result = TypeVar("_Result")


class TextOp(MigrateOperation):
    """Lines of Python that stand in a revision as they are."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)


@renderers.dispatch_for(TextOp)
def _render_text(_context: AutogenContext, operation: TextOp) -> list[str]:
    return operation.lines


def prove_downgrades(context: MigrationContext, revision: Any, directives: list[MigrationScript]) -> None:
    """A ``process_revision_directives`` hook: keep Alembic's downgrade where it was seen to be exact, else put in a proven one.

    Where the revision can't be rehearsed (no server, an upgrade that fails), Alembic's own stays, with a comment and a warning.
    """
    del revision
    for script in directives:
        if len(script.upgrade_ops_list) != 1 or not script.upgrade_ops or script.upgrade_ops.is_empty():
            continue
        try:
            _prove(context, script)
        except SafetyError as error:
            _warn(script, f"this downgrade was not rehearsed: {str(error).splitlines()[0]}")


def _prove(context: MigrationContext, script: MigrationScript) -> None:
    from alembic_safety.settings import load_settings

    config = context.config
    if config is None or script.downgrade_ops is None:
        return
    rendered, settings = _rendered(context, script), load_settings(config)
    with _proxies_kept(context):
        candidate = _outside_of_loop(lambda: rehearse_candidate(config, script, rendered, settings, _lines))
    verdict, derived = candidate.verdict, candidate.derived
    body: Sequence[str] | None = None
    block: Sequence[str] = derived.block if derived is not None else ()
    if verdict.up is not Up.RAN:
        _warn(
            script,
            f"the upgrade does not run on a throwaway server: {(verdict.error or verdict.up.value).splitlines()[0]}",
        )
    elif verdict.holds and verdict.restored is Restored.IDENTICAL and not block:
        awake(__name__).info("the downgrade of %s was rehearsed and is exact", script.rev_id)
    elif derived is not None and derived.proven:
        body = derived.body
        script.downgrade_ops.ops[:] = [TextOp([*remarks_of(derived), *body])]
        if block and script.upgrade_ops is not None:
            begin, end = mark(PRESERVE, "".join(f"{line}\n" for line in block))
            script.upgrade_ops.ops.insert(0, TextOp([begin, *block, end]))
        awake(__name__).info("the downgrade of %s was derived from a rehearsal and is proven", script.rev_id)
    elif not verdict.holds:
        reasons = grade_of(derived)[1] if derived is not None else ("nothing could be derived",)
        short = "; ".join(verdict.differences) or (verdict.error or "").partition("\n")[0]
        _warn(script, f"this downgrade does not restore the schema ({short}), and no other was derived: {reasons[0]}")
    if context.script is not None:
        certify_once_written(context.script, candidate, body, block)


def _outside_of_loop(work: Callable[[], _Result]) -> _Result:
    """Do it here; in another thread where an event loop runs here: an async env.py starts one of its own once more."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def _lines(statements: Sequence[Statement]) -> list[str]:
    """A body whose lines may all be indented, as Alembic does it: no string goes over several of them."""
    lines: list[str] = []
    group = ""
    for statement in statements:
        if statement.group != group:
            group = statement.group
            lines += [f"# {group}"] if group else []
        call = f"op.{statement.call}" if statement.call else as_operation(statement.sql)
        pieces = statement.sql.splitlines(keepends=True)
        if call is not None:
            lines.append(call)
        elif len(pieces) == 1:
            lines.append(f"op.run_sql({statement.sql!r})")
        else:
            lines += ["op.run_sql(", *(f"    {piece!r}" for piece in pieces), ")"]
    return lines or ["pass"]


def _rendered(context: MigrationContext, script: MigrationScript) -> dict[str, Any]:
    """What the project's template is filled with."""
    autogenerate = AutogenContext(context)
    autogenerate.imports = set(script.imports)
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    values: dict[str, Any] = {
        name: render._indent(render._render_cmd_body(ops, autogenerate))
        for name, ops in (("upgrades", script.upgrade_ops), ("downgrades", script.downgrade_ops))
    }
    values["imports"] = "\n".join(sorted(autogenerate.imports))
    return values


def _warn(script: MigrationScript, text: str) -> None:
    assert script.downgrade_ops is not None
    script.downgrade_ops.ops.insert(0, TextOp([f"# {line}" for line in text.splitlines()]))
    awake(__name__).warning("%s: %s", script.rev_id, text)


class _proxies_kept:  # noqa: N801 - used like a function
    """``alembic.context`` and ``alembic.op`` belong to one environment at a time: give them back to the outer one."""

    def __init__(self, context: MigrationContext) -> None:
        self._environment = context.environment_context

    def __enter__(self) -> None:
        self._operations = getattr(operations_module, "_proxy", None)

    def __exit__(self, *_error: object) -> None:
        if self._environment is not None:
            self._environment._install_proxy()
        if self._operations is not None:
            self._operations._install_proxy()
