"""The lease of the clock and the duties it sends out (docs: workers/duties.py)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql("0002_clock/up.sql")


def downgrade() -> None:
    run_sql("0002_clock/down.sql")
