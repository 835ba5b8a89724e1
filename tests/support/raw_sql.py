"""Folders of raw SQL migrations, and what wrapping them comes to."""

from __future__ import annotations

from pathlib import Path

from alembic_safety.revisions.wrap import WrapResult


def tree(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def outline(result: WrapResult) -> list[tuple[str, str, str | None]]:
    """(identifier, copied file of the way up, copied file of the way down)."""
    return [
        (
            w.revision,
            w.migration.up.copy_name,
            w.migration.down.copy_name if w.migration.down and w.has_downgrade else None,
        )
        for w in result.revisions
    ]
