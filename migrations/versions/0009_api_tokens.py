"""API tokens and sessions, which clients before 1.0 come with (orchestration/tokens.py)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql("0009_api_tokens/tokens.sql")


def downgrade() -> None:
    run_sql("0009_api_tokens/down.sql")
