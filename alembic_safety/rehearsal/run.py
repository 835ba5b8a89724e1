"""One pass over a chain in a scratch database: every revision in its turn, each judged by itself."""

# ruff: noqa: SLF001 - the version table has no public name

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import PreservationError, RehearsalError, UsageError
from alembic_safety.postgres.extensions import extension_missing
from alembic_safety.rehearsal.describe import describe
from alembic_safety.rehearsal.failure import driver_error, is_fatal, server_failure
from alembic_safety.rehearsal.memory import Memory
from alembic_safety.rehearsal.outcome import Outcome, Terms
from alembic_safety.rehearsal.place import Place
from alembic_safety.rehearsal.plan import Plan
from alembic_safety.rehearsal.redirect import run_environment
from alembic_safety.rehearsal.rows.own import OwnRows, own_files
from alembic_safety.rehearsal.rows.records import OWN
from alembic_safety.rehearsal.several import DATABASE, Places, check_place, label_of, merged
from alembic_safety.rehearsal.soundness import Found, Soundness
from alembic_safety.rehearsal.stage import Stage
from alembic_safety.rehearsal.stand_ins import BEGIN_ELSEWHERE, StandIns
from alembic_safety.rehearsal.transactions import LeftTransaction
from alembic_safety.rehearsal.trial import transactional
from alembic_safety.rehearsal.verdict import Up, Verdict
from alembic_safety.rehearsal.visitor import Visitor
from alembic_safety.rehearsal.watch import Watcher
from alembic_safety.revisions.anatomy import holds_block
from alembic_safety.revisions.chain import Chain, Revision
from alembic_safety.revisions.isolation import isolation_of

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy import URL

    from alembic_safety.model.snapshot import Snapshot
    from alembic_safety.postgres.server import Server
    from alembic_safety.rehearsal.options import Options
    from alembic_safety.rehearsal.real import Start

#: A revision may expect several things that don't exist, one error at a time.
_MOST_STAND_INS = 50


class Run:
    """One run over one scratch database."""

    def __init__(
        self,
        config: Config,
        chain: Chain,
        plan: Plan,
        options: Options,
        server: Server,
        visitor: Visitor,
        start: Start | None = None,
        *,
        several: bool = False,
    ) -> None:
        """``several``: each database that env.py connects to gets a scratch database (and nothing is remembered from run to run)."""
        self.config = config
        self.chain = chain
        self.plan = plan
        self.options = options
        self.server = server
        self.visitor = visitor
        self.start = start
        self._root = Path(config.config_file_name).resolve().parent if config.config_file_name else Path.cwd()
        files, self._strangers = own_files(options.data, self._root, chain.by_id)
        self.own = OwnRows(files=files, at=options.at_revision_data, before=options.before_revision_data)
        self.several = several
        #: Labels of the databases that migrations were run in.
        self.databases: list[str] = []
        self.stand_ins = StandIns(server, options)
        self._watcher = Watcher(options.timeout)
        if start is not None or several:
            options = replace(options, cache=False)
        self.memory = Memory(config, chain, options, server, self.own.digest)
        if start is not None:
            self.known, self.place = 0, Place(server, start.database)
            self.stand_ins.roles += start.roles
        else:
            self.known, database = self.memory.longest_known(plan.order, plan.judged)
            self.place = Place(server, database or server.create_database())
        #: By name of the database.
        self.places = {self.place.database.name: self.place}

    def notes(self) -> Iterator[str]:
        """What stood in for something else."""
        if self._strangers:
            yield self._strangers
        if self.start is not None:
            yield from self.start.notes
        yield from self.stand_ins.notes(self.place)

    @property
    def _own_kind(self) -> str:
        """What rows it is rehearsed on, where none are made."""
        if self.start is not None:
            return self.start.data
        return OWN if self.own and not self.options.rows else ""

    def all(self) -> list[Verdict]:
        """Judge every revision of the plan.

        :raises SeveralDatabases: it turns out that env.py has several, and this run is for one.
        """
        parts: dict[str, list[Verdict]] = {}
        another = (lambda: self._url(self._another())) if self.several else None
        places = Places(self._url(self.place), another, search_path=self.options.search_path)
        if self.options.baseline is not None and not self.known:
            from alembic_safety.rehearsal.baseline import restore_baseline

            restore_baseline(self.place, self.options.baseline[0], self.stand_ins.roles)
        self.stand_ins.make_path(self.plan.order, self.place)

        def work(context: MigrationContext, arguments: Mapping[str, Any]) -> None:
            if self.several and context.connection is not None:
                self.place = self.places[context.connection.info[DATABASE]]
            label = label_of(arguments, context.version_table_schema, parts)
            self.databases.append(label)
            check_place(
                self.config,
                context,
                len(self.databases),
                holds_one=self.options.baseline is not None or self.start is not None,
                derives=type(self.visitor) is not Visitor,
            )
            # Only a visitor asks what depends on what.
            stage = Stage(context, self.options.exclude, arguments, edges=type(self.visitor) is not Visitor)
            try:
                stage.heads = self._heads_at_start(stage)
                if type(self.visitor) is not Visitor or any("op.preserve_" in r.source for r in self.plan.order):
                    stage.make_own_schema()
                gc.freeze()  # what the imports left is not worth looking through again and again
                parts[label] = list(self._through(stage))
            finally:
                gc.unfreeze()
                stage.give_back()

        try:
            while True:
                try:
                    run_environment(self.config, self.chain.script, places, work)
                    break
                except RehearsalError as error:
                    if not self.stand_ins.for_environment(error, self.place):
                        raise
        except Exception as error:
            if is_fatal(error) and (failed := server_failure(self.server, error)) is not None:
                raise failed from error
            raise
        finally:
            self._watcher.close()
        return merged(parts)

    def _url(self, place: Place) -> URL:
        """Where env.py connects to, for that scratch database."""
        if self.options.role is None:
            return place.database.url
        self.stand_ins.login_role(self.options.role, place)
        return place.database.url.set(username=self.options.role)

    def _another(self) -> Place:
        """One more scratch database."""
        place = Place(self.server, self.server.create_database())
        self.places[place.database.name] = place
        self.stand_ins.make_path(self.plan.order, place)
        return place

    def _heads_at_start(self, stage: Stage) -> set[str]:
        """The heads of what a baseline brought along; written into the version table where they are missing."""
        if self.known or self.start is not None:
            heads = set(stage.context.get_current_heads())
            if self.start is not None and not self.plan.present.issuperset(heads or {""}):
                raise UsageError("env.py looks for its version table elsewhere than where the rows have it")
            return heads
        present = self.plan.present
        parents = {p for i in present for p in self.chain.by_id[i].parents}
        heads = {i for i in present if i not in parents}
        if heads:
            context = stage.context
            stage.begin_plain()
            context._ensure_version_table(purge=True)
            table = context._version
            for head in sorted(heads):
                stage.connection.execute(table.insert().values(version_num=head))
            stage.commit()
        return heads

    # -- the chain ------------------------------------------------------------------------------------------------------
    def _through(self, stage: Stage) -> Iterator[Verdict]:
        before = stage.full_snapshot()
        sound = Soundness()
        blocked: dict[str, str] = {}
        failed: dict[str, str | None] = {}
        order = self.plan.order
        for revision in order[: self.known]:
            yield self.memory.known(revision)
        for number, revision in enumerate(order):
            if number < self.known:
                continue
            if number == len(order) - 1:
                self._keep_state(stage, order[:number], blocked)
            culprit = next((blocked[n] for n in revision.needs if n in blocked), None)
            self.options.progress(number, len(order), revision, None)
            if culprit is not None:
                blocked[revision.id] = culprit
                outcome = Outcome(up=Up.NOT_REACHED, error=failed[culprit])
                verdict = self._described(revision, outcome, culprit=culprit)
            else:
                started = time.monotonic()
                self.own.add_before(stage, revision.id)
                if revision.id in self.plan.judged:
                    sound.begins(stage, before)
                outcome, made = self._one(stage, revision, before)
                found = self._soundness(sound, stage, revision, outcome)
                if outcome.after is not None:
                    self.own.add_at(stage, revision.id)
                before = outcome.after if outcome.after is not None else (outcome.before or before)
                verdict = self._described(
                    revision, outcome, stand_ins=made, found=found, seconds=time.monotonic() - started
                )
                if outcome.after is None:
                    blocked[revision.id] = revision.id
                    failed[revision.id] = outcome.error
                if revision.id in self.plan.judged:
                    verdict = self.visitor.judged(revision, outcome, verdict)
            self.memory.keep(revision, verdict)
            self.options.progress(number + 1, len(order), revision, verdict)
            yield verdict
            if self.options.fail_fast and not verdict.holds:
                return
        self._keep_state(stage, order, blocked)

    def _soundness(self, sound: Soundness, stage: Stage, revision: Revision, outcome: Outcome) -> Found:
        """What the upgrade broke without being stopped."""
        if outcome.after is None or outcome.before is None:
            return Found()
        if revision.id not in self.plan.judged:
            sound.passed()
            return Found()
        return sound.after(stage, outcome.before, outcome.after)

    def _keep_state(self, stage: Stage, applied: Sequence[Revision], blocked: Mapping[str, str]) -> None:
        """Keep what took long to get at, for the next run: before the last revision, and after it."""
        if blocked or not applied or not self.memory.is_worth_a_state:
            return
        settings = stage.disconnect()
        try:
            self.memory.keep_state(applied, self.place.database)
        finally:
            stage.reconnect(settings)

    def _one(self, stage: Stage, revision: Revision, before: Snapshot) -> tuple[Outcome, tuple[str, ...]]:
        """Judge one revision; a role or schema that it expects and the server lacks is created, and it is tried again."""
        created: list[str] = []
        while True:
            outcome = self._attempt(stage, revision, before)
            if outcome.cause is None or len(created) >= _MOST_STAND_INS:
                break
            if isinstance(outcome.cause, PreservationError) and revision.id not in stage.outdated:
                if type(self.visitor) is Visitor or not holds_block(revision.source):
                    outcome.error = (
                        f"{outcome.error}\n'alembic safety-downgrade {revision.id}' derives anew what is kept"
                    )
                    break
                stage.outdated.add(revision.id)
                before = stage.full_snapshot()
                continue
            made = self.stand_ins.for_failure(outcome.cause, stage, self.place)
            if not made:
                break
            created += made
            before = stage.full_snapshot()
        if outcome.cause is not None and outcome.up is Up.FAILED:
            missing = extension_missing(driver_error(outcome.cause), self.server)
            if missing is not None:
                outcome.up, outcome.error = Up.UNAVAILABLE, str(missing)
            elif self.stand_ins.may_begin_elsewhere(stage, outcome.cause):
                outcome.error = f"{outcome.error}\n{BEGIN_ELSEWHERE}"
        return outcome, tuple(created)

    def _attempt(self, stage: Stage, revision: Revision, before: Snapshot) -> Outcome:
        script = self.chain.script.get_revision(revision.id)
        if script is None:
            raise RehearsalError(f"revision {revision.id!r} disappeared while it was being rehearsed")
        judged = revision.id in self.plan.judged
        observe = self.visitor.observer(revision) if judged else None
        terms = Terms(
            only_up=not judged,
            rows=self.options.rows,
            seed=self.options.seed,
            own=self._own_kind,
            downgrade=revision.downgrade,
        )
        heads = set(stage.heads)
        outcome = None
        stage.isolation = isolation_of(revision)
        with self._watcher.watching(lambda: self.place.stop_everything(stage.pid)) as watch:
            try:
                if not revision.needs_autocommit and not stage.autocommits:
                    try:
                        outcome = transactional(stage, script, before, watch, observe, terms)
                    except LeftTransaction:
                        stage.heads = heads
                        # Rows that it was rehearsed on would stay, and no catalog tells of them.
                        before = self._rebuild(stage) if stage.was_committed() else self._as_before(stage, before)
                if outcome is None:
                    from alembic_safety.rehearsal.committed import committed

                    outcome = committed(stage, self.place, script, before, watch, observe, terms)
            except Exception as error:
                if not watch.fired:
                    raise
                # The limit was met while we looked at the catalog ourselves.
                stage.rollback()
                stage.heads = heads
                outcome = Outcome(up=Up.TIMED_OUT, error=watch.explain(), cause=error, before=before)
        if outcome.cause is not None and is_fatal(outcome.cause) and not watch.fired:
            raise RehearsalError(f"{revision.id}: {outcome.error}") from outcome.cause
        if outcome.after is None:
            # A failed upgrade may have committed a part of itself.
            outcome.before = self._as_before(stage, outcome.before or before)
        return outcome

    def _as_before(self, stage: Stage, before: Snapshot) -> Snapshot:
        """Make sure that the database is as before a revision: where it committed something, build it up again."""
        from alembic_safety.downgrade.compare import differences

        now = stage.full_snapshot()
        if not differences(before, now):
            return now
        return self._rebuild(stage)

    def _rebuild(self, stage: Stage) -> Snapshot:
        """Replay everything applied so far in a fresh database."""
        applied = [r for r in self.plan.order if r.id in self._applied(stage)]
        settings = stage.disconnect()
        try:
            fresh = self.server.create_database(self.start.copy if self.start is not None else None)
            self.server.replace_database(self.place.database, fresh)
        finally:
            stage.reconnect(settings)
        if self.options.baseline is not None:
            from alembic_safety.rehearsal.baseline import restore_baseline

            restore_baseline(self.place, self.options.baseline[0], self.stand_ins.roles)
        self.stand_ins.make_schemas(self.stand_ins.schemas, self.place)
        stage.begin_plain()
        stage.context._ensure_version_table()
        stage.commit()
        stage.heads = self._heads_at_start(stage)
        from alembic.operations import Operations
        from alembic.runtime.migration import RevisionStep

        for earlier in applied:
            script = self.chain.script.get_revision(earlier.id)
            self.own.add_before(stage, earlier.id)
            stage.begin_plain()
            with Operations.context(stage.context):
                stage.apply(RevisionStep(self.chain.script.revision_map, script, True))
            stage.commit()
            self.own.add_at(stage, earlier.id)
        return stage.full_snapshot()

    def _applied(self, stage: Stage) -> set[str]:
        return set(stage.heads).union(*(self.chain.ancestors(h) for h in stage.heads)) - self.plan.present

    def _described(self, revision: Revision, outcome: Outcome, **more: Any) -> Verdict:
        return describe(revision, outcome, self._root, judged=revision.id in self.plan.judged, **more)
