"""Automations: hooks that join events to actions, and service-level agreements (docs/decisions/0017-automations.md)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    run_sql("0016_automations/tables.sql", "0016_automations/triggers.sql")


def downgrade() -> None:
    run_sql("0016_automations/down.sql")
