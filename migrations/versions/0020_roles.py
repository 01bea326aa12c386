"""Roles of the members of a tenant."""

from lictor.migrations.sqlfiles import run_sql

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    run_sql("0020_roles/up.sql")


def downgrade() -> None:
    run_sql("0020_roles/down.sql")
