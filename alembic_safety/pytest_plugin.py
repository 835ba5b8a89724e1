"""The pytest plugin: ``pytest --alembic-safety`` rehearses the project's chain, a test for each revision.

It registers nothing but its option and its settings until it is asked to, and stands beside pytest-alembic: neither
touches the other's tests. Everything is imported when it is needed, because every run of pytest loads this module.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.rehearsal.verdict import Rehearsal, Verdict
    from alembic_safety.revisions.chain import Chain, Revision

_GROUP = "alembic-safety"
_DATA = ("at_revision_data", "before_revision_data")
_NEEDS_MORE = pytest.PytestWarning(
    "rows of the fixture alembic_config are not used by --alembic-safety, because it needs other fixtures: "
    "give them by the hook pytest_alembic_safety_data(config)"
)
_COLLECTOR: pytest.StashKey[SafetyCollector] = pytest.StashKey()


class Hooks:
    """What a ``conftest.py`` may say to this plugin."""

    def pytest_alembic_safety_data(self, config: pytest.Config) -> Mapping[str, Any]:  # type: ignore[empty-body]
        """Rows to rehearse on: ``{"at_revision_data": {REVISION: ROWS}, "before_revision_data": {REVISION: ROWS}}``.

        ROWS is a dictionary, or a list of them: columns and values, and the table's name as ``__tablename__``.
        """


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hooks known."""
    pluginmanager.add_hookspecs(Hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that turns it on, and where the project is."""
    group = parser.getgroup(_GROUP)
    group.addoption(
        "--alembic-safety",
        action="store_true",
        help="rehearse every Alembic revision on a throwaway PostgreSQL: up, down and up again",
    )
    parser.addini(
        "alembic_safety_config", default="alembic.ini", help="Alembic's configuration file, relative to rootdir"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add a test for each revision, before ``-k`` and ``-m`` choose."""
    if config.getoption("--alembic-safety"):
        items += _collector(session).collect()


@pytest.fixture(scope="session")
def alembic_safety_rehearsal(request: pytest.FixtureRequest) -> Rehearsal:
    """The rehearsal of the whole chain, for tests that look into it; the same run that ``--alembic-safety`` shows."""
    return _collector(request.session).rehearsal()


def _collector(session: pytest.Session) -> SafetyCollector:
    if _COLLECTOR not in session.stash:
        session.stash[_COLLECTOR] = SafetyCollector.from_parent(session, name=_GROUP)
    return session.stash[_COLLECTOR]


class SafetyCollector(pytest.Collector):
    """The project's chain: loads it once, rehearses it once, when the first of its tests runs."""

    _rehearsal: Rehearsal | Exception | None = None

    def collect(self) -> list[pytest.Item]:
        """One test for each revision, in the order in which they are rehearsed."""
        from alembic.util import CommandError

        try:
            chain = self.chain
        except CommandError as error:
            raise pytest.UsageError(str(error)) from error
        return [RevisionItem.from_parent(self, name=r.id, revision=r) for r in chain.revisions]

    @property
    def alembic_config(self) -> Config:
        """Alembic's configuration of the project."""
        from alembic.config import Config

        file = self.config.rootpath / str(self.config.getini("alembic_safety_config"))
        if not file.exists():
            raise pytest.UsageError(f"alembic_safety_config: there is no file {str(file)!r}")
        config = Config(file, toml_file=file.parent / "pyproject.toml")
        if config.get_alembic_option("script_location") is None and (file.parent / "env.py").exists():
            # Flask-Migrate's, which says so by itself
            config.set_main_option("script_location", str(file.parent).replace("%", "%%"))
        return config

    @property
    def chain(self) -> Chain:
        """The project's revisions."""
        from alembic_safety.revisions.chain import load_chain

        return load_chain(self.alembic_config)

    def rehearsal(self) -> Rehearsal:
        """The rehearsal; what kept it from being done is raised again for each test."""
        if self._rehearsal is None:
            try:
                self._rehearsal = self._rehearse()
            except Exception as error:  # noqa: BLE001 - raised below, for each test
                self._rehearsal = error
        if isinstance(self._rehearsal, Exception):
            raise self._rehearsal
        return self._rehearsal

    def _rehearse(self) -> Rehearsal:
        from alembic_safety.rehearsal.options import options_of
        from alembic_safety.rehearsal.runner import rehearse
        from alembic_safety.settings import load_settings

        config = self.alembic_config
        settings = load_settings(config)
        return rehearse(config, options_of(settings, **self._data()))

    def _data(self) -> dict[str, Any]:
        """Rows by revision: of our hook, and of pytest-alembic's fixture ``alembic_config`` where it needs no other fixture."""
        found: dict[str, Any] = {name: {} for name in _DATA}
        for given in (*self._of_fixture(), *self.config.hook.pytest_alembic_safety_data(config=self.config)):
            for name in _DATA:
                value = given.get(name) if isinstance(given, Mapping) else getattr(given, name, None)
                # Its own configuration keeps the rows in an object of its own.
                found[name].update(getattr(value, "data", value) or {})
        return found

    def _of_fixture(self) -> Iterator[Any]:
        definitions = self.session._fixturemanager._arg2fixturedefs.get("alembic_config", ())  # noqa: SLF001 - no public way
        for definition in definitions:
            if definition.argnames or inspect.isgeneratorfunction(definition.func):
                warnings.warn(_NEEDS_MORE, stacklevel=1)
            else:
                yield definition.func()


class RevisionItem(pytest.Item):
    """The test of one revision: passes where the rehearsal says that it holds."""

    def __init__(self, *, revision: Revision, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._revision = revision
        if self.config.pluginmanager.hasplugin("xdist"):
            # one process rehearses the chain, where "pytest -n … --dist loadgroup" is used
            self.add_marker(pytest.mark.xdist_group(_GROUP))

    @property
    def verdict(self) -> Verdict:
        """What the rehearsal says about this revision."""
        return next(v for v in self._rehearsal.verdicts if v.revision == self._revision.id)

    @property
    def _rehearsal(self) -> Rehearsal:
        parent = self.parent
        assert isinstance(parent, SafetyCollector)
        return parent.rehearsal()

    def runtest(self) -> None:
        """Fail where the revision falls short; skip where it could not be reached."""
        from alembic_safety.rehearsal.verdict import Up

        verdict = self.verdict
        if verdict.up is Up.NOT_REACHED:
            pytest.skip(verdict.out_of_reach)
        broken = [line for line in verdict.broken_views if line in self._rehearsal.lasting_breaks]
        if not verdict.holds or verdict.fails_on_rows or broken:
            raise FallsShortError("\n".join((*_words(verdict), *(f"  {line}" for line in broken))))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What fell short, in words; of an error of ours its message. Only the unexpected gets a traceback."""
        from alembic.util import CommandError

        if isinstance(excinfo.value, (FallsShortError, CommandError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the revision is, and what it is called."""
        return self._revision.path, None, f"{_GROUP}: {self._revision.id} {self._revision.title}"


class FallsShortError(AssertionError):
    """A revision does not go up, down and up again."""


def _words(verdict: Verdict) -> Iterator[str]:
    from alembic_safety.report.rehearsal import detail, shortfall

    yield f"{verdict.file or verdict.revision}: {short.code if (short := shortfall(verdict)) else 'fails on rows' if verdict.fails_on_rows else 'broken-view'}"
    yield from (f"  {line}" for line in detail(verdict))
    if verdict.fails_on_rows:
        yield from (f"  {line}" for line in (*verdict.rows_lost, *verdict.since_lost))
