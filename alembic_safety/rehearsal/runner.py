"""Rehearse a chain on a throwaway server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from alembic_safety.postgres.server import throwaway_server
from alembic_safety.rehearsal.log import quiet_driver
from alembic_safety.rehearsal.plan import Plan
from alembic_safety.rehearsal.real import start_from
from alembic_safety.rehearsal.run import Run
from alembic_safety.rehearsal.several import SeveralDatabases
from alembic_safety.rehearsal.verdict import Rehearsal
from alembic_safety.rehearsal.visitor import Visitor
from alembic_safety.revisions.chain import Chain, load_chain

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.rehearsal.options import Options


def rehearse(
    config: Config, options: Options, *, chain: Chain | None = None, visitor: Visitor | None = None
) -> Rehearsal:
    """Rehearse a project's revisions on a throwaway database.

    :param chain: the project's revisions where they are loaded already.
    :param visitor: looks at each judged revision while the database stands at its *after*.
    :raises UsageError: a revision that was named does not exist, or a file cannot be loaded.
    :raises ServerError: there is no server, or it failed.
    :raises RehearsalError: the run as a whole could not be done.
    """
    started = time.monotonic()
    chain = chain or load_chain(config)
    if options.backup is None and options.sample is None:
        Plan(chain, options)  # what was named wrongly is said before a server is started
    with (
        quiet_driver(),
        throwaway_server(
            url=options.server,
            pg_bin=options.pg_bin,
            pg_version=options.pg_version,
            keep=options.keep,
            tell=options.tell,
        ) as server,
    ):
        start = start_from(server, chain, options)
        plan = Plan(chain, options, start.present if start is not None else None)
        visitor = visitor or Visitor()
        # The template for several databases names them so; of another env.py it is seen when it runs.
        several = bool(config.get_main_option("databases"))
        run = Run(config, chain, plan, options, server, visitor, start, several=several)
        try:
            verdicts = run.all()
        except SeveralDatabases:
            run = Run(config, chain, plan, options, server, visitor, start, several=True)
            verdicts = run.all()
        return Rehearsal(
            verdicts=tuple(verdicts),
            facts={
                "server": f"PostgreSQL {server.version} ({server.origin})",
                "revisions": str(len(plan.judged)),
                **dict(start.facts if start is not None else ()),
                **(
                    {"schemas" if len(run.places) == 1 else "databases": ", ".join(run.databases)}
                    if len(run.databases) > 1
                    else {}
                ),
            },
            notes=tuple(run.notes()),
            server_major=server.major,
            seconds=time.monotonic() - started,
        )
