"""Write ``docs/commands.md`` and ``docs/settings.md`` from the commands and settings themselves.

``python docs/generate.py``; a test fails where the files say something else.
"""

from __future__ import annotations

from argparse import Action, ArgumentParser
from pathlib import Path

from alembic_safety.commands.registry import ENTRIES, Entry, load
from alembic_safety.settings import SETTINGS
from alembic_safety.settings.values import shown

DOCS = Path(__file__).parent


def commands() -> str:
    """The page about commands."""
    parts = [
        "# Commands",
        (
            "Each is a subcommand of the ordinary `alembic`; `python -m alembic_safety` is the same command line. Alembic's own "
            "options (`-c`, `-n`, `-x`, `--raiseerr`) come before the command. Results go to stdout, everything else to stderr."
        ),
        (
            "Exit status: 0 when everything holds, 1 when the run was done and something falls short, 2 when the run itself could "
            "not be done, 130 after Ctrl-C."
        ),
        "\n".join(f"- [`{entry.name}`](#{entry.name}): {entry.help}" for entry in ENTRIES),
    ]
    return "\n\n".join([*parts, *(_command(entry) for entry in ENTRIES)]) + "\n"


def _command(entry: Entry) -> str:
    command = load(entry)
    parser = ArgumentParser(add_help=False)
    command.add_arguments(parser)
    rows = [f"| {_cell(_spelled(action))} | {_cell(_help(action))} |" for action in parser._actions]
    table = ["| option | meaning |\n| --- | --- |\n" + "\n".join(rows)] if rows else []
    return "\n\n".join([f"## {entry.name}", command.description, *table, f"```sh\n{command.example}\n```"])


def _spelled(action: Action) -> str:
    name = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    value = name if isinstance(name, str) else " ".join(name)
    if not action.option_strings:
        many = {"*": f"[{value} …]", "+": f"{value} …", "?": f"[{value}]"}
        return f"`{many.get(str(action.nargs), value)}`"
    takes = "" if action.nargs == 0 else f" {value}"
    return ", ".join(f"`{option}{takes}`" for option in action.option_strings)


def _help(action: Action) -> str:
    return (action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def settings() -> str:
    """The page about settings."""
    rows = [
        f"| `{s.name}` | {s.doc} | {_cell(s.reader.accepts)} | {shown(s.default) or 'none'} |"
        for s in SETTINGS.values()
    ]
    return (
        "\n\n".join(
            [
                "# Settings",
                (
                    "A later place wins: the default, `pyproject.toml` (`[tool.alembic_safety]`), `alembic.ini` (`[alembic:safety]`, and "
                    "over it `[NAME:safety]` with `alembic -n NAME`), the environment (`ALEMBIC_SAFETY_` and the name in capitals), "
                    "`-x safety.NAME=VALUE`, an option of the command. `alembic safety-config` prints the effective ones and where each "
                    "comes from. A key that does not exist is an error. Relative paths start from the file that they are written in."
                ),
                "```ini\n[alembic:safety]\ncertificates = require\nlock_timeout = 2s\njournal = %(here)s/journal.jsonl\n```",
                '```toml\n[tool.alembic_safety]\ncertificates = "require"\nlock_timeout = "2s"\n```',
                "| setting | meaning | takes | default |\n| --- | --- | --- | --- |\n" + "\n".join(rows),
            ]
        )
        + "\n"
    )


PAGES = {"commands.md": commands, "settings.md": settings}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
