"""What the scheduler says of a flow, and what becomes of scheduled runs that nobody picked up in time."""

from lictor.migrations.sqlfiles import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_sql("0010_scheduling/up.sql")


def downgrade() -> None:
    run_sql("0010_scheduling/down.sql")
