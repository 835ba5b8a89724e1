"""Every command, as the command line shows and runs it."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace

import psycopg
import pytest
import sqlalchemy
from alembic.config import CommandLine, Config
from alembic.util import CommandError

from alembic_safety.commands.command import Command
from alembic_safety.commands.registry import ENTRIES, Entry, add_commands, load, run
from alembic_safety.errors import UsageError
from tests.support.cli import alembic

NAMES = [entry.name for entry in ENTRIES]


def parser_of(name):
    return CommandLine().subparsers.choices[name]


def own_actions(name):
    parser = parser_of(name)
    parser.complete()
    return [action for action in parser._actions if action.dest != "help"]


def test_names_are_unique_and_ours():
    assert len(set(NAMES)) == len(NAMES)
    assert all(name.startswith("safety-") for name in NAMES)


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
class TestEveryCommand:
    def test_its_module_carries_its_name(self, entry):
        assert load(entry).name == entry.name

    def test_its_line_of_help_is_a_sentence(self, entry):
        assert entry.help[0].isupper()
        assert entry.help.endswith(".")
        assert len(entry.help) <= 110

    def test_help_shows_what_it_does_its_options_and_an_example(self, entry):
        text = parser_of(entry.name).format_help()
        command = load(entry)
        assert " ".join(command.description.split()) in " ".join(text.split())
        assert f"example:\n  {command.example}" in text
        assert command.example.startswith("alembic ")
        assert entry.name in command.example

    def test_every_option_has_a_help_that_tells_its_default(self, entry):
        for action in own_actions(entry.name):
            assert action.help, action
            if action.option_strings and not action.required:
                assert "default" in action.help, action.option_strings

    def test_no_option_takes_the_place_of_one_of_alembics(self, entry):
        taken = {"config", "name", "x", "raiseerr", "quiet", "cmd", "help"}
        assert taken.isdisjoint(action.dest for action in own_actions(entry.name))

    def test_its_example_is_accepted(self, entry):
        import shlex

        words = shlex.split(load(entry).example.split("   #")[0].split("\n")[0], comments=True)
        arguments = words[words.index("alembic") + 1 :]
        assert CommandLine().parser.parse_args(arguments).cmd


def test_alembic_lists_every_command():
    text = CommandLine().parser.format_help()
    assert [name for name in NAMES if name not in text] == []


def test_listing_the_commands_imports_no_implementation():
    modules = [entry.module for entry in ENTRIES]
    program = (
        "import sys; from alembic.config import CommandLine; CommandLine().parser.format_help();"
        f"print([m for m in {modules!r} + ['rich', 'psycopg', 'postgast'] if m in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout == "[]\n"


def test_a_name_that_the_project_took_stays_the_projects():
    command_line = CommandLine()
    theirs = object()
    command_line.subparsers.choices["safety-config"] = theirs
    add_commands(command_line)
    assert command_line.subparsers.choices["safety-config"] is theirs


def test_commands_are_added_once():
    command_line = CommandLine()
    before = list(command_line.subparsers.choices)
    add_commands(command_line)
    assert list(command_line.subparsers.choices) == before


def test_a_subclass_has_the_commands_and_its_own():
    def frobnicate(config):
        """Frobnicate."""

    class Own(CommandLine):
        def __init__(self, prog=None):
            super().__init__(prog)
            self.register_command(frobnicate)

    assert {"frobnicate", *NAMES} <= set(Own().subparsers.choices)


def test_an_unknown_option_is_answered_with_the_commands_own_usage(capsys):
    with pytest.raises(SystemExit) as caught:
        CommandLine("alembic").main(["safety-config", "--nope"])
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: alembic safety-config")


def a_command(result):
    def execute(config, args):
        if isinstance(result, BaseException):
            raise result
        return result

    return Command(name="safety-x", description="d", example="e", run=execute)


@pytest.mark.parametrize(("result", "status"), [(None, 0), (0, 0), (1, 1), (2, 2)])
def test_what_a_command_returns_is_its_exit_status(result, status):
    assert run(a_command(result), Config(), Namespace()) == status


@pytest.mark.parametrize("error", [UsageError("no such file"), CommandError("no such file")])
def test_an_error_is_one_message_on_stderr_and_status_2(error, capsys):
    assert run(a_command(error), Config(), Namespace(raiseerr=False)) == 2
    assert capsys.readouterr() == ("", "FAILED: no such file\n")


def test_raiseerr_shows_where_an_error_comes_from():
    with pytest.raises(UsageError):
        run(a_command(UsageError("x")), Config(), Namespace(raiseerr=True))


def test_ctrl_c_is_status_130(capsys):
    assert run(a_command(KeyboardInterrupt()), Config(), Namespace()) == 130


def test_ctrl_c_behind_an_error_of_cleaning_up_is_status_130(capsys):
    error = RuntimeError("the connection is gone")
    error.__context__ = KeyboardInterrupt()
    assert run(a_command(error), Config(), Namespace()) == 130
    assert capsys.readouterr() == ("", "Interrupted\n")


def test_a_mistake_of_our_own_is_never_taken_for_a_finding(capsys):
    assert run(a_command(ZeroDivisionError("oops")), Config(), Namespace()) == 2
    shown = capsys.readouterr().err
    assert "ZeroDivisionError: oops" in shown
    assert shown.endswith("please report it with the lines above\n")


def test_a_database_that_cannot_be_connected_to_is_one_sentence(capsys):
    url = "postgresql+psycopg://someone:secret@127.0.0.1:1/shop"
    with pytest.raises(sqlalchemy.exc.OperationalError) as refused:
        sqlalchemy.create_engine(url).connect()
    assert run(a_command(refused.value), Config(), Namespace()) == 2
    told = capsys.readouterr().err
    assert told.startswith("FAILED: the project's database can't be connected to: connection failed:")
    assert "Traceback" not in told
    assert "secret" not in told


def test_a_connection_that_is_lost_is_one_sentence(capsys):
    for error in (
        psycopg.OperationalError("server closed\nthe connection"),
        psycopg.errors.AdminShutdown("terminating"),
    ):
        assert run(a_command(error), Config(), Namespace()) == 2
        told = capsys.readouterr().err
        assert told.startswith("FAILED: the connection to the server was lost: ")
        assert len(told.splitlines()) == 1


def test_the_exit_status_reaches_the_shell(monkeypatch):
    from alembic_safety.commands import registry

    monkeypatch.setattr(registry, "load", lambda entry: a_command(1))
    runner = registry.Runner(Entry("safety-x", "m", "h"))
    with pytest.raises(SystemExit) as caught:
        runner(Config(cmd_opts=Namespace()))
    assert caught.value.code == 1


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ("import os\nos.environ['NO_SUCH_NAME']\n", "env.py:2: env.py failed: KeyError: 'NO_SUCH_NAME'"),
        ("def f(:\n", "env.py:1: "),
        # What it calls of ours is our own mistake.
        ("from alembic_safety import hooks\nhooks.run(None)\n", "safety-history met an error of its own"),
    ],
)
def test_an_env_that_fails_is_no_error_of_ours(tmp_path, env, words):
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\n")
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(env)
    result = alembic("safety-history", cwd=tmp_path)
    assert result.status == 2
    assert words in result.err
    assert ("Traceback" in result.err) == ("of its own" in words)
