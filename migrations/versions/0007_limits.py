"""Concurrency limits: of flow runs by label, of task runs by tag (orchestration/limits.py)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql("0007_limits/tables.sql", "0007_limits/functions.sql")


def downgrade() -> None:
    run_sql("0007_limits/down.sql")
