"""The certificate of a revision that is being generated: written once its file is there, in the form in which it stays.

Formatters and linters that a project runs on new revisions change the text, and with it the key. What was proven holds for the
file that they leave as long as both functions mean the same.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic_safety.errors import SafetyError
from alembic_safety.rehearsal.certificate import write_certificate
from alembic_safety.rehearsal.grading import certify
from alembic_safety.rehearsal.log import awake
from alembic_safety.revisions.chain import chain_of
from alembic_safety.revisions.rewrite import set_preserve

if TYPE_CHECKING:
    from alembic.script import Script, ScriptDirectory

    from alembic_safety.rehearsal.candidate import Candidate

_FUNCTIONS = ("upgrade", "downgrade")


def certify_once_written(
    directory: ScriptDirectory, candidate: Candidate, body: Sequence[str] | None, block: Sequence[str] = ()
) -> None:
    """Have the directory write the candidate's certificate after it has written the revision and run the project's formatters.

    :param directory: what Alembic will write the revision with.
    :param body: the lines of the derived downgrade that stands in the place of the candidate's own; None: its own stays.
    :param block: the lines that keep rows at the start of its upgrade.
    """
    proven = meaning(set_preserve(candidate.text, block))
    if body is not None:
        proven["downgrade"] = meaning("def downgrade():\n    pass\n" + "".join(f"    {line}\n" for line in body))[
            "downgrade"
        ]
    write = directory.generate_revision

    def generate_revision(*arguments: Any, **named: Any) -> Script | None:
        made = write(*arguments, **named)
        if made is not None and made.revision == candidate.verdict.revision:
            _certify(directory, made, candidate, proven, synthesized=body is not None)
        return made

    vars(directory)["generate_revision"] = generate_revision


def _certify(
    directory: ScriptDirectory, made: Script, candidate: Candidate, proven: Mapping[str, str], *, synthesized: bool
) -> None:
    try:
        if meaning(Path(made.path).read_text(encoding="utf-8")) != proven:
            awake(__name__).warning(
                "no certificate for %s: its file is not what was rehearsed; 'alembic safety-downgrade %s' rehearses it",
                made.revision,
                made.revision,
            )
            return
        revision = chain_of(directory).by_id[made.revision]
        certificate = certify(
            revision,
            candidate.verdict,
            candidate.derived,
            server_major=candidate.server_major,
            synthesized=synthesized,
        )
        if certificate is not None:
            write_certificate(revision, certificate)
    except (SafetyError, OSError, SyntaxError, ValueError) as error:
        awake(__name__).warning("no certificate for %s: %s", made.revision, str(error).partition("\n")[0])


def meaning(source: str) -> dict[str, str]:
    """What the functions of a revision file do, whatever their layout, comments and docstrings.

    :raises SyntaxError: it is no Python.
    """
    found: dict[str, str] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name in _FUNCTIONS:
            lines = [line for line in node.body if not _is_text(line)]
            found[node.name] = "\n".join(ast.dump(line) for line in lines if not isinstance(line, ast.Pass))
    return found


def _is_text(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)
