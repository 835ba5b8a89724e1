"""``alembic safety-config``: the effective settings, and where each comes from."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from alembic_safety.commands.command import OK, Command

if TYPE_CHECKING:
    from alembic.config import Config

    from alembic_safety.settings import Settings

_PASSWORD = re.compile(r"(://[^/@:\s]*:)[^@\s]+(?=@)|(\bpassword\s*=\s*)('[^']*'|\S+)", re.IGNORECASE)


def add_arguments(parser: ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("setting", nargs="*", metavar="SETTING", help="show only these settings (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON (default: a table)")
    parser.add_argument("--describe", action="store_true", help="say what each setting means and takes (default: no)")


def run(config: Config, args: Namespace) -> int:
    """Print the settings."""
    from alembic_safety.errors import UsageError
    from alembic_safety.settings import SETTINGS, load_settings

    settings = load_settings(config)
    wanted = [name.replace("-", "_") for name in args.setting] or list(SETTINGS)
    for name in wanted:
        if name not in SETTINGS:
            raise UsageError(f"There is no setting {name!r}; 'alembic safety-config' without a name lists all")
    rows = [_row(settings, name) for name in wanted]
    if args.json:
        config.print_stdout(json.dumps({row.pop("setting"): row for row in rows}, indent=2, ensure_ascii=False))
    elif args.describe:
        config.print_stdout("\n".join(_description(row) for row in rows))
    else:
        config.print_stdout(_table(rows))
    return OK


def _row(settings: Settings, name: str) -> dict[str, Any]:
    from alembic_safety.settings import SETTINGS
    from alembic_safety.settings.values import shown

    setting, origin = SETTINGS[name], settings.origins.get(name)
    return {
        "setting": name,
        "value": _PASSWORD.sub(lambda m: f"{m[1] or m[2]}***", shown(getattr(settings, name))),
        "from": origin.place if origin else "default",
        "default": shown(setting.default),
        "accepts": setting.reader.accepts,
        "meaning": setting.doc,
    }


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [("SETTING", "VALUE", "FROM"), *((row["setting"], row["value"], row["from"]) for row in rows)]
    first, second = (max(len(line[i]) for line in lines) for i in (0, 1))
    return "\n".join(f"{a:<{first}}  {b:<{second}}  {c}" for a, b, c in lines)


def _description(row: dict[str, Any]) -> str:
    return (
        f"{row['setting']} = {row['value']}  ({row['from']})\n"
        f"    {row['meaning']}\n"
        f"    takes {row['accepts']}; default {row['default']}\n"
    )


COMMAND = Command(
    name="safety-config",
    description=(
        "Show the effective settings of alembic-safety and where each comes from. A later place wins: the default,\n"
        "pyproject.toml [tool.alembic_safety], alembic.ini [alembic:safety], ALEMBIC_SAFETY_… in the environment,\n"
        "-x safety.NAME=VALUE, an option of the command. Passwords are not shown."
    ),
    example="alembic -x safety.verify=off safety-config verify",
    add_arguments=add_arguments,
    run=run,
)
