"""How long a tenant's runs, states, logs, artifacts and messages are kept (orchestration/retention.py)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_sql("0011_retention/up.sql")


def downgrade() -> None:
    run_sql("0011_retention/down.sql")
