"""Concurrency limits: of flow runs by label, of task runs by tag (orchestration/limits.py)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0004"
down_revision = "0002"


def upgrade() -> None:
    run_sql("0004_limits/tables.sql", "0004_limits/functions.sql")


def downgrade() -> None:
    run_sql("0004_limits/down.sql")
