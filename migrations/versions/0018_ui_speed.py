"""Indexes for pages of the web UI on very many rows (bench/pages.py)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    run_sql("0018_ui_speed/up.sql")


def downgrade() -> None:
    run_sql("0018_ui_speed/down.sql")
