"""Large deletes return at once; what hung below is purged later (docs/decisions/0011-deletes.md)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql("0007_purge/up.sql")


def downgrade() -> None:
    run_sql("0007_purge/down.sql")
