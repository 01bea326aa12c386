"""A release whose last revisions take away what only older ones use (docs/decisions/0021-upgrades.md)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lictor
from lictor import migrations
from lictor.revision import needed_of

REVISION = '''"""Takes away what is not used any more."""

from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade() -> None:
    op.execute("CREATE TABLE came_with_{number} ()")


def downgrade() -> None:
    op.execute("DROP TABLE came_with_{number}")
'''


@pytest.mark.parametrize(
    ("stems", "needed"),
    [
        (["0001_schema"], "0001"),
        (["0001_schema", "0002_clock", "0003_post_old_clock"], "0002"),
        (["0001_schema", "0002_post_one", "0003_post_two"], "0001"),
        # What follows has been written for a database without it.
        (["0001_schema", "0002_post_one", "0003_clock"], "0003"),
        (["0001_schema", "0002_postman"], "0002"),
    ],
)
def test_what_a_release_needs(stems: list[str], needed: str) -> None:
    assert needed_of(stems) == needed
    assert needed_of(reversed(stems)) == needed


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The next release: two more revisions, the second of them `post`."""
    directory = tmp_path_factory.mktemp("release")
    package = directory / "lictor"
    shutil.copytree(
        Path(lictor.__file__).parent, package, ignore=shutil.ignore_patterns("web", "__pycache__")
    )
    head = migrations.head_revision()
    pre, post = (f"{int(head) + more:04}" for more in (1, 2))
    versions = package / "migrations" / "versions"
    (versions / f"{pre}_more.py").write_text(REVISION.format(number=pre, before=head))
    (versions / f"{post}_post_less.py").write_text(REVISION.format(number=post, before=pre))
    return directory


def _lictor(release: Path, dsn: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "lictor.cli.main", *arguments],
        env=os.environ | {"PYTHONPATH": str(release), "LICTOR_DATABASE_URL": dsn},
        cwd=release,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_new_database_is_brought_to_the_end(release: Path, empty: str) -> None:
    said = _lictor(release, empty, "prepare")
    assert "only older releases" not in said
    assert migrations.current_revision(empty) == f"{int(migrations.head_revision()) + 2:04}"


def test_one_in_use_keeps_what_older_releases_use_until_it_is_told(release: Path, migrated: str) -> None:
    head = int(migrations.head_revision())
    for _ in range(2):
        said = _lictor(release, migrated, "prepare")
        assert "`lictor db upgrade` when none of them runs" in said
        assert migrations.current_revision(migrated) == f"{head + 1:04}"
    assert _lictor(release, migrated, "db", "upgrade", "needed").split() == [f"{head + 1:04}"]
    assert _lictor(release, migrated, "db", "upgrade").split() == [f"{head + 2:04}"]
    assert "only older releases" not in _lictor(release, migrated, "prepare")
