"""The audit trail: who did what, when and from where (docs/decisions/0023-audit-trail.md)."""

from lictor.migrations.sqlfiles import run_sql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    run_sql("0021_audit/up.sql", "0021_audit/partitions.sql")


def downgrade() -> None:
    run_sql("0021_audit/down.sql")
