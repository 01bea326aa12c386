"""Finds the older Pythons of this machine: on the PATH, of pyenv and of uv."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# A venv needs all of these; a distribution may have left some out.
_ASK = "import ensurepip, sqlite3, ssl, sys, venv; print('%d.%d' % sys.version_info[:2])"


def find(versions: tuple[str, ...]) -> str | None:
    """An interpreter of the first of `versions` ("3.8") that the machine has; None without any."""
    return next(
        (python for version in versions for python in _candidates(version) if _is(python, version)), None
    )


def _candidates(version: str) -> Iterator[str]:
    yield sys.executable
    if found := shutil.which(f"python{version}"):
        yield found
    home = Path.home()
    for root in (
        Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions",
        Path(os.environ.get("UV_PYTHON_INSTALL_DIR", home / ".local/share/uv/python")),
    ):
        for name in (f"{version}.*", f"cpython-{version}.*"):
            yield from (str(path / "bin" / "python3") for path in sorted(root.glob(name), reverse=True))


def _is(python: str, version: str) -> bool:
    try:
        # pyenv's shims exist for versions that are not chosen, and then end with an error.
        asked = subprocess.run([python, "-c", _ASK], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.stdout.strip() == version
