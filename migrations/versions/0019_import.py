"""How far an import from a Prefect Server has come (lictor import)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    run_sql("0019_import/up.sql")


def downgrade() -> None:
    run_sql("0019_import/down.sql")
