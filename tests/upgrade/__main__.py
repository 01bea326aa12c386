"""Does an older release go on working on this one's schema? Its own tests say so (docs/decisions/0021-upgrades.md).

In: a commit or tag of the older release. It is checked out beside, gets the environment of its own lock files and, in
place of its revisions of the schema, those of this checkout that its processes may meet; then its tests run. Out: their
verdict as exit status. Old code with old tests: nothing here is taken from this release but what the database is.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lictor.revision import needed_revision

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("tests/actions", "tests/orchestration", "tests/workers", "tests/e2e/test_client.py")
"""What asks and answers through the database; tests of the schema itself are about the one that they came with."""


def main() -> int:
    """Status 0 when the older release's tests pass."""
    arguments = _arguments()
    if not arguments.release:
        sys.exit(
            "No release is tagged here yet. Name one, or a commit: --from REVISION (make test-upgrade FROM=…)."
        )
    commit = _git("rev-parse", "--verify", "--quiet", f"{arguments.release}^{{commit}}")
    if not commit:
        sys.exit(f"{arguments.release} is no commit or tag here. `git tag` lists the releases.")
    directory = Path(tempfile.mkdtemp(prefix="lictor-upgrade-"))
    # Servers of the tests may run as another user.
    directory.chmod(0o711)
    try:
        _check_out(commit, directory)
        revisions = bring_revisions(directory)
        print(f"== {arguments.release} ({commit[:9]}) on the schema {revisions}, in {directory}", flush=True)
        return _judge(directory, arguments.tests or ROOMS, arguments.deselect)
    finally:
        if not arguments.keep:
            shutil.rmtree(directory, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade", description=__doc__.partition("\n")[0])
    parser.add_argument("--from", dest="release", required=True, help="a tag or commit of the older release")
    parser.add_argument("--keep", action="store_true", help="leave the older release's directory where it is")
    parser.add_argument(
        "--deselect", action="append", default=[], metavar="TEST", help="a test of its that is not to judge"
    )
    parser.add_argument("tests", nargs="*", help=f"what of it runs (default: {' '.join(ROOMS)})")
    return parser.parse_args()


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def _check_out(commit: str, directory: Path) -> None:
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "-x"], cwd=directory, input=archive.stdout, check=True)


def bring_revisions(directory: Path) -> str:
    """Put this checkout's revisions in place of the older ones, up to the needed one; returns `older → needed`."""
    versions = directory / "migrations" / "versions"
    older = max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))
    shutil.rmtree(versions)
    shutil.copytree(ROOT / "migrations" / "versions", versions, ignore=shutil.ignore_patterns("__pycache__"))
    needed = needed_revision()
    for path in versions.glob("[0-9]*.py"):
        if path.name.partition("_")[0] > needed:
            path.unlink()
    return f"{older} → {needed}"


def _judge(directory: Path, rooms: Sequence[str], deselected: Sequence[str]) -> int:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LICTOR_", "VIRTUAL_ENV", "MAKE", "MFLAGS"))
    }
    subprocess.run(["make", "--no-print-directory", ".venv/.dev"], cwd=directory, env=environment, check=True)
    command = [".venv/bin/python", "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    command += [room for room in rooms if (directory / room.partition("::")[0]).exists()]
    command += [f"--deselect={test}" for test in deselected]
    return subprocess.run(command, cwd=directory, env=environment).returncode


if __name__ == "__main__":
    sys.exit(main())
