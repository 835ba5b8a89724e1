"""Our wheel, and virtual environments with and without it that share everything else with the tests' own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: What a build reads.
SOURCES = ("alembic_safety", "pyproject.toml", "README.md", "LICENSE")


def build(folder: Path, kind: str = "wheel") -> Path:
    """Build from a copy of the sources: a build inside the checkout would leave files there, and find stale ones."""
    copy = folder / "source"
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        elif source.exists():
            copy.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy / name)
    out = folder / "dist"
    subprocess.run(
        [sys.executable, "-m", "build", f"--{kind}", "--outdir", out, copy], check=True, capture_output=True, text=True
    )
    return next(out.glob("*.whl" if kind == "wheel" else "*.tar.gz"))


def environment(folder: Path, wheel: Path | None = None) -> Path:
    """Make a virtual environment and give its ``python``; the dependencies are those that the tests run with.

    A ``.pth`` file lends it our own site-packages. ``.pth`` files found there are not followed, so that the editable
    install of the checkout stays invisible; its metadata would not, so it is hidden where no wheel takes its place.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / version / "site-packages"
    lent = folder / "lent"
    lent.mkdir()
    for item in Path(sysconfig.get_path("purelib")).iterdir():
        if not item.name.startswith(("alembic_safety", "__editable__")) and item.suffix != ".pth":
            (lent / item.name).symlink_to(item)
    (site / "lent.pth").write_text(f"{lent}\n")
    if wheel is not None:
        subprocess.run(
            [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", "-q", wheel],
            check=True,
            capture_output=True,
        )
    return python
