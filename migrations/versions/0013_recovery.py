"""Signs of life, and which runs have given none for too long (orchestration/recovery.py)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run_sql("0013_recovery/witnesses.sql", "0013_recovery/silence.sql")


def downgrade() -> None:
    run_sql("0013_recovery/down.sql")
