"""The database schema and its history: upgrade and downgrade by Alembic.

Revisions are Python files that only run sibling `.sql` files. `upgrade` may be called by any number of
processes at once: an advisory lock lets one of them work while the others wait.
"""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from lictor.revision import needed_revision

_HERE = Path(__file__).parent
# Arbitrary but fixed: every process that migrates this database takes this lock first.
_LOCK_KEY = 0x11C7012


def alembic_config(dsn: str) -> Config:
    """Alembic's configuration for the database at the libpq URL `dsn`; no ini file is read."""
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["dsn"] = dsn
    return config


def upgrade(dsn: str, revision: str = "head") -> None:
    """Bring the database at `dsn` (a libpq URL) up to `revision`; "needed" is what this release's processes need.

    Raises psycopg.Error when the database cannot be reached or a statement fails; nothing is then changed.
    """
    with psycopg.connect(dsn, autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))
        command.upgrade(alembic_config(dsn), needed_revision() if revision == "needed" else revision)


def ensure_head(dsn: str) -> None:
    """Upgrade the database at `dsn`, unless it is this release's already: then nothing is locked. Raises as `upgrade`."""
    if current_revision(dsn) != head_revision():
        upgrade(dsn)


def ensure_needed(dsn: str) -> None:
    """The same, but as far as this release's processes need it: those of the release before go on meanwhile.

    What only they use is left to `upgrade`. A new database is brought to the end at once. Raises as `upgrade`.
    """
    present = current_revision(dsn)
    if present is None:
        upgrade(dsn)
    elif present not in (revisions := all_revisions()) or revisions.index(present) < revisions.index(
        needed_revision()
    ):
        upgrade(dsn, "needed")


def downgrade(dsn: str, revision: str) -> None:
    """Take the database at `dsn` back to `revision` (`base` removes everything, data included)."""
    with psycopg.connect(dsn, autocommit=True) as lock:
        lock.execute("SELECT pg_advisory_lock(%s)", (_LOCK_KEY,))
        command.downgrade(alembic_config(dsn), revision)


def current_revision(dsn: str) -> str | None:
    """The revision the database stands at, or None when it has never been migrated."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> str:
    """The newest revision this release knows."""
    head = ScriptDirectory(str(_HERE)).get_current_head()
    assert head is not None
    return head


def all_revisions() -> list[str]:
    """The revisions this release knows, oldest first."""
    return [found.revision for found in ScriptDirectory(str(_HERE)).walk_revisions()][::-1]
