"""What operators look at: the duties and their leader, and every invariant that the database can check."""

from lictor.migrations.sqlfiles import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_sql("0012_ops/duties.sql", "0012_ops/runs.sql", "0012_ops/shape.sql", "0012_ops/violations.sql")


def downgrade() -> None:
    run_sql("0012_ops/down.sql")
