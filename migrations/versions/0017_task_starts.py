"""A task run that starts sees its flow run as it is then (orchestration/sql/states.sql)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    run_sql("0017_task_starts/up.sql")


def downgrade() -> None:
    run_sql("0017_task_starts/down.sql")
