"""``alembic -x sql=FILE revision``: a revision of one raw SQL file, with a proven downgrade."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config


def sql_file(options: Namespace) -> str | None:
    """The FILE of ``-x sql=FILE`` where the command is ``revision``; None for every other call."""
    given = [x for x in getattr(options, "x", None) or () if x.startswith("sql=")]
    command = getattr(options, "cmd", None)
    if not given or not command or getattr(command[0], "__name__", "") != "revision":
        return None
    return str(given[-1].partition("=")[2])


def make(config: Config, options: Namespace, file: str) -> int:
    """Wrap the file as a revision, derive its downgrade, and return the exit status.

    :raises UsageError: an option of ``revision`` does not go with it, or the file doesn't exist.
    """
    from alembic_safety.commands.deriving import derive_for
    from alembic_safety.commands.wrap import lines
    from alembic_safety.errors import UsageError
    from alembic_safety.revisions.wrap import wrap

    for name in ("autogenerate", "splice", "branch_label", "depends_on", "rev_id"):
        if getattr(options, name, None):
            raise UsageError(
                f"-x sql={file} does not go with --{name.replace('_', '-')}: the revision takes its name from the file"
            )
    head = options.head if options.head not in (None, "head") else None
    version_path = Path(options.version_path) if options.version_path else None
    result = wrap(config, [Path(file)], head=head, version_path=version_path)
    for line in lines(result, dry_run=False):
        config.print_stdout("%s", line)
    if options.message and result.new:
        _entitle(result.new[-1].path, options.message)
    missing = frozenset(w.revision for w in result.new if not w.has_downgrade)
    return derive_for(config, missing, {}) if missing else 0


def _entitle(path: Path, message: str) -> None:
    """Put the message of ``-m`` in the place of the title that was made from the file's name."""
    from alembic_safety.revisions.files import replace_file

    first, _, rest = path.read_text(encoding="utf-8").partition("\n")
    title = message.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    closing = '"""' if first.count('"""') == 2 else ""
    replace_file(path, f'"""{title}{closing}\n{rest}'.encode())
