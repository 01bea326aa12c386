"""The outbox: what is owed to hooks, written by the transaction that changes a state (docs/decisions/0016-outbox.md)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    run_sql("0014_outbox/tables.sql", "0014_outbox/triggers.sql")


def downgrade() -> None:
    run_sql("0014_outbox/down.sql")
