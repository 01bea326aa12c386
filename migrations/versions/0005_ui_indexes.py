"""Indexes for what the original UI asks of very many runs (contract ui-and-cloud.md A.2.2; bench/ui.py)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0005"
down_revision = "0006"


def upgrade() -> None:
    run_sql("0005_ui_indexes/up.sql")


def downgrade() -> None:
    run_sql("0005_ui_indexes/down.sql")
