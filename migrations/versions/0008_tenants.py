"""The root field `tenant`: the default tenant first, deleted ones not at all (docs/decisions/0012-deleted-tenants.md)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql("0008_tenants/up.sql")


def downgrade() -> None:
    run_sql("0008_tenants/down.sql")
